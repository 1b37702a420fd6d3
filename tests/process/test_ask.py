"""`manage.py ask`: JSON on a pipe, Ctrl-C cancels."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import pytest

from config.local.home import REPOSITORY
from tests.process.stack import Person, Stack, directive, wait_for

pytestmark = pytest.mark.usefixtures("standing_worker")


def ask(stack: Stack, person: Person, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "manage.py", "ask", *arguments, "--user", person.name],
        env=stack.environment,
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_answer_is_one_json_object(stack: Stack, alice: Person) -> None:
    asked = ask(stack, alice, "document_summary", "-f", "document=-")
    out, err = asked.communicate(directive(text="The answer 👍."), timeout=60)
    assert asked.returncode == 0, err
    report = json.loads(out)
    assert (report["status"], report["text"], report["cost_usd"]) == ("done", "The answer 👍.", "0")


def test_wrong_variable_is_one_sentence(stack: Stack, alice: Person) -> None:
    asked = ask(stack, alice, "document_summary", "-v", "docment=typo")
    _out, err = asked.communicate(timeout=60)
    assert asked.returncode == 1
    assert "/payload/docment" in err
    assert "Traceback" not in err


def test_interrupt_cancels_the_request(stack: Stack, alice: Person) -> None:
    asked = ask(stack, alice, "document_summary", "-v", "document=" + directive(text="Half", ending="hang"))
    rows = "SELECT id FROM requests_app_airequest WHERE user_id = %s AND first_token IS NOT NULL"
    wait_for(lambda: stack.sql(rows, alice.id), what="the first text")
    asked.send_signal(signal.SIGINT)
    out, err = asked.communicate(timeout=60)
    assert asked.returncode == 130, err
    report = json.loads(out)
    assert (report["status"], report["text"]) == ("cancelled", "Half")
