"""The snippets of docs/testing.md do what they say."""

from __future__ import annotations

import json
import re

import httpx2

from ai.providers.fake import fake_provider
from tests.integration.docs.documents import blocks

CONTROL = re.compile(r"curl (?:-X (?P<method>\w+) )?http://127\.0\.0\.1:9100(?P<path>\S+)(?: -d '(?P<body>.*)')?")


def test_python_runs() -> None:
    for code in blocks("testing.md", "python"):
        exec(compile(code, "docs/testing.md", "exec"), {})  # noqa: S102  # our own document


def test_directive_is_obeyed() -> None:
    [text] = blocks("testing.md", "text")
    with fake_provider() as fake:
        body = {"model": "small", "messages": [{"role": "user", "content": text}], "stream": True}
        httpx2.post(f"{fake.openai_url}/chat/completions", json=body, trust_env=False)
    assert [(call.text, call.outcome) for call in fake.ledger.calls] == [("Two sea", "cut")]


def test_control_paths_answer() -> None:
    told = [match for block in blocks("testing.md", "sh") for match in CONTROL.finditer(block)]
    assert len(told) == 5
    with fake_provider() as fake:
        for line in told:
            method = line["method"] or "GET"
            # Refusing connections for two seconds would refuse those of the lines behind it.
            body = {"seconds": 0} if line["path"].endswith("away") else json.loads(line["body"] or "null")
            answer = httpx2.request(method, f"{fake.url}{line['path']}", json=body, trust_env=False)
            assert answer.status_code == 200, line[0]
