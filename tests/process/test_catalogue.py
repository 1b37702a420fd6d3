"""An edit of the catalogue holds for the next request that is accepted, in every process."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.process.stack import Person, Stack

pytestmark = pytest.mark.process

# One line in, one out: a route to edit, or whom to accept a request of.
PROCESS = """
import json, sys, django; django.setup()
from accounts.models import User
from ai.models import ModelRoute
from requests_app.intake import Submission, accept, cancel
for line in sys.stdin:
    told = json.loads(line)
    if "tiers" in told:
        ModelRoute.objects.update_or_create(action=told["action"], defaults={"tiers": told["tiers"]})
        print(json.dumps({}), flush=True)
    else:
        asked = Submission(prompt_key="document_summary", payload={"document": "The quay."})
        row = accept(User.objects.get(username=told["name"]), asked).request
        cancel(row)
        print(json.dumps({"route": row.route, "catalogue": row.catalogue}), flush=True)
"""


class Process:
    def __init__(self, stack: Stack) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", PROCESS],
            env=stack.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def tell(self, **told: Any) -> dict[str, Any]:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(told) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def end(self) -> None:
        self._process.kill()
        self._process.communicate()


@contextmanager
def two_processes(stack: Stack) -> Iterator[tuple[Process, Process]]:
    one, other = Process(stack), Process(stack)
    try:
        yield one, other
    finally:
        stack.sql("DELETE FROM ai_modelroute WHERE action = 'document_summary'")
        one.end()
        other.end()


def test_the_next_request_of_every_process_sees_an_edit(stack: Stack) -> None:
    person: Person = stack.person()
    with two_processes(stack) as processes:
        before = [process.tell(name=person.name) for process in processes]
        assert before[0] == before[1]
        for editor, model in ((0, "haiku"), (1, "endless"), (0, "smollm2-135m-instruct")):
            processes[editor].tell(action="document_summary", tiers=[{model: 1}])
            seen = [process.tell(name=person.name) for process in processes]
            assert [each["route"] for each in seen] == [[model], [model]]
            assert seen[0]["catalogue"] == seen[1]["catalogue"] > before[0]["catalogue"]


def test_edits_at_once_are_all_in_the_newest_version(stack: Stack) -> None:
    """Whoever commits last writes what all have changed."""
    with two_processes(stack) as (one, other):
        for number in range(10):
            for process, name in ((one, "a"), (other, "b")):
                assert process._process.stdin
                process._process.stdin.write(json.dumps({"action": f"t{name}{number}", "tiers": [{"haiku": 1}]}) + "\n")
                process._process.stdin.flush()
        for process in (one, other):
            assert process._process.stdout
            for _each in range(10):
                process._process.stdout.readline()
        [[content]] = stack.sql("SELECT content FROM ai_catalogueversion ORDER BY number DESC LIMIT 1")
        actions = {row["action"] for row in content["routes"]}
        assert {f"t{name}{number}" for name in "ab" for number in range(10)} <= actions
        stack.sql("DELETE FROM ai_modelroute WHERE action ~ '^t[ab][0-9]$'")
