"""A reader that would call torn text exact would make every figure worthless."""

from __future__ import annotations

import json
from typing import Any

import pytest

from benchmarks.readers import Reader, lags

STATUS = {"type": "status", "status": "processing", "position": "1:0"}
HALF = {"type": "chunk", "text": "abcd", "start": "1:0", "position": "1:4"}
REST = {"type": "chunk", "text": "efgh", "start": "1:4", "position": "1:8"}
RESET = {"type": "reset", "position": "2:0"}
END = {"type": "end", "status": "done", "position": "1:8"}
FAILED = {**END, "status": "failed"}


def reader(*events: dict[str, Any], every_s: float = 0.0) -> Reader:
    return Reader("", [(number * every_s, json.dumps(event)) for number, event in enumerate(events)])


@pytest.mark.parametrize(
    ("events", "exact"),
    [
        ((STATUS, HALF, REST, END), True),
        ((STATUS, HALF, STATUS, REST, END), True),
        ((STATUS, HALF, END), False),
        ((STATUS, REST, HALF, END), False),
        ((STATUS, HALF, HALF, REST, END), False),
        ((STATUS, HALF, REST), False),
        ((STATUS, RESET, HALF, REST, END), False),
        ((STATUS, HALF, REST, FAILED), False),
        ((), False),
    ],
    ids=["whole", "resumed", "gap", "order", "twice", "no end", "reset", "failed", "nothing"],
)
def test_only_whole_text_with_a_good_end_is_exact(events: tuple[dict[str, Any], ...], exact: bool) -> None:
    assert reader(*events).exact("abcdefgh") is exact


def test_lag_counts_from_the_first_chunk() -> None:
    assert lags(reader(HALF, REST, every_s=0.3), piece_chars=4, piece_s=0.1) == pytest.approx([0.0, 0.2])


def test_reader_goes_on_from_its_last_position() -> None:
    assert reader().position is None
    assert reader(STATUS, HALF).position == "1:4"
    assert (reader(HALF).ended, reader(HALF, REST, END).ended) == (False, True)
