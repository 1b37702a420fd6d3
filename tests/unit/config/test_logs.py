from __future__ import annotations

import logging
import sys

from config.logs import Formatter

CANARY = "a prompt that no log may hold"


def formatted(message: str, problem: Exception | None = None) -> str:
    try:
        if problem:
            raise problem
        info = None
    except Exception:
        info = sys.exc_info()
    return Formatter().format(logging.LogRecord("x", logging.ERROR, "x.py", 1, message, None, info))


def test_failing_row_is_cut_out_of_a_traceback() -> None:
    line = formatted("it broke", ValueError(f"value out of range\nDETAIL:  Failing row contains ({CANARY}\n{CANARY})."))
    assert "value out of range" in line
    assert CANARY not in line


def test_failing_row_is_cut_out_of_a_message() -> None:
    assert CANARY not in formatted(f"Task raised DataError('out of range\\nDETAIL:  row ({CANARY})')")


def test_cause_after_it_stays() -> None:
    text = (
        f"first\nDETAIL:  ({CANARY})\n\nThe above exception was the direct cause of the following exception:\n\nsecond"
    )
    assert formatted(text).endswith("second")
    assert CANARY not in formatted(text)
