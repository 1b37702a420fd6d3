from __future__ import annotations

import json
import logging
import sys
from contextvars import copy_context
from typing import Any

import pytest
from django.db import DataError, OperationalError
from django.http import HttpRequest

from config.logs import Formatter, JSONFormatter, configuration
from requests_app.context import carry

CANARY = "a prompt that no log may hold"


def record(message: object, *args: object, problem: BaseException | None = None, **extra: Any) -> logging.LogRecord:
    try:
        if problem:
            raise problem
        info = None
    except BaseException:
        info = sys.exc_info()
    made = logging.LogRecord("x", logging.ERROR, "x.py", 1, message, args, info)
    vars(made).update(extra)
    return made


def both(made: logging.LogRecord) -> tuple[str, str]:
    return Formatter().format(made), JSONFormatter().format(made)


def caused() -> ValueError:
    """An exception behind another, each with its words."""
    try:
        try:
            raise KeyError(CANARY)
        except KeyError:
            raise ValueError(f"bad: {CANARY}")  # noqa: B904
    except ValueError as problem:
        return problem


@pytest.mark.parametrize("problem", [ValueError(CANARY), KeyError(CANARY), caused(), DataError(CANARY)])
def test_words_of_an_exception_are_left_out(problem: Exception) -> None:
    for line in both(record("it broke", problem=problem)):
        assert CANARY not in line
        assert type(problem).__name__ in line
        assert "test_logs.py" in line


def test_words_of_a_connection_are_kept_without_their_detail() -> None:
    problem = OperationalError(f"connection refused\nDETAIL:  Failing row contains ({CANARY}\n{CANARY}).")
    for line in both(record("it broke", problem=problem)):
        assert "connection refused" in line
        assert CANARY not in line


@pytest.mark.parametrize("message", [f"it broke: {ValueError(CANARY)}", f"it broke: {ValueError(CANARY)!r}"])
def test_words_that_the_message_repeats_are_left_out(message: str) -> None:
    for line in both(record(message, problem=ValueError(CANARY))):
        assert CANARY not in line
        assert "it broke: ValueError" in line


def test_exception_among_the_arguments_is_named_only() -> None:
    for made in (record("receiver %s: %s", "metrics", ValueError(CANARY)), record(ValueError(CANARY))):
        for line in both(made):
            assert CANARY not in line
            assert "ValueError" in line


def test_failing_row_is_cut_out_of_a_message() -> None:
    for line in both(record(f"Task raised DataError('out of range\\nDETAIL:  row ({CANARY})')")):
        assert CANARY not in line


def test_path_of_a_refused_call_is_not_told() -> None:
    request = HttpRequest()
    made = record("Not Found: %s", f"/sign-in/{CANARY}", status_code=404, request=request)
    made.name = "django.request"
    for line in both(made):
        assert CANARY not in line
        assert "404 at no route" in line


def test_body_of_a_message_that_celery_does_not_know_is_left_out() -> None:
    made = record("Received an unknown task.\n\nThe full contents of the message body was:\n%s", CANARY)
    made.name = "celery.worker.consumer.consumer"
    for line in both(made):
        assert CANARY not in line
        assert "Received an unknown task." in line


def test_all_words_are_told_where_debugging_is_on() -> None:
    assert CANARY in Formatter(all_words=True).format(record("it broke", problem=ValueError(CANARY)))


def test_json_line_has_its_fields() -> None:
    line = json.loads(JSONFormatter().format(record("%s\nlines", "two", fields={"ms": 3})))
    assert line["time"].endswith("+00:00")
    assert (line["level"], line["logger"], line["message"], line["ms"]) == ("error", "x", "two\nlines", 3)
    assert isinstance(line["process"], int)


def test_json_line_says_whose_work_it_is() -> None:
    def work() -> dict[str, Any]:
        carry(http_request_id="call", request="request")
        carry(attempt=2)
        line: dict[str, Any] = json.loads(JSONFormatter().format(record("words")))
        return line

    line = copy_context().run(work)
    assert (line["http_request_id"], line["request"], line["attempt"]) == ("call", "request", 2)
    assert "request" not in json.loads(JSONFormatter().format(record("words")))


def test_a_record_can_be_formatted_twice() -> None:
    made = record("%s broke", "it", problem=ValueError(CANARY))
    assert Formatter().format(made) == Formatter().format(made)
    assert made.args == ("it",)


def test_servers_lines_go_through_our_formatter() -> None:
    loggers = configuration("json")["loggers"]
    assert all(loggers[name]["handlers"] == [] and loggers[name]["propagate"] for name in ("uvicorn", "django"))
