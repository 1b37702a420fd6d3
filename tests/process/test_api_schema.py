"""What the OpenAPI document promises, tried with made-up calls against the real server."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from config.local.home import REPOSITORY
from tests.process.searchable import searchable
from tests.process.stack import Stack

CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,"
    "response_headers_conformance,ignored_auth,unsupported_method,allow_header_conformance"
)


@pytest.mark.timeout(600)
def test_no_call_breaks_it_and_every_answer_is_documented(stack: Stack, tmp_path: Path) -> None:
    """schemathesis is seeded, so that a failure comes back; streams are read to their end elsewhere."""
    with searchable(stack):
        done = subprocess.run(
            [
                str(Path(sys.executable).with_name("schemathesis")), "run", str(REPOSITORY / "docs" / "openapi.yaml"),
                "--url", stack.base_url, "--header", f"Authorization: {stack.person().headers['Authorization']}",
                "--exclude-operation-id", "requests_events", "--checks", CHECKS,
                "--phases", "examples,coverage,fuzzing",
                "--max-examples", "20", "--seed", "20261121", "--continue-on-failure",
                "--no-color", "--warnings", "off",
            ],
            cwd=tmp_path, capture_output=True, text=True, timeout=540,
        )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "No issues found" in done.stdout, done.stdout[-2000:]
