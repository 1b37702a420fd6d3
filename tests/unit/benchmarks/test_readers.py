"""A reader that would call torn text exact would make every figure worthless."""

from __future__ import annotations

import json
from typing import Any

import pytest

from benchmarks.live import busiest
from benchmarks.readers import Reader, lags

STATUS = {"type": "status", "status": "processing", "position": "1:0"}
HALF = {"type": "chunk", "text": "abcd", "start": "1:0", "position": "1:4"}
REST = {"type": "chunk", "text": "efgh", "start": "1:4", "position": "1:8"}
RESET = {"type": "reset", "position": "2:0"}
END = {"type": "end", "status": "done", "position": "1:8"}
FAILED = {**END, "status": "failed"}


def reader(*events: dict[str, Any], every_s: float = 0.0) -> Reader:
    return Reader("", messages=[(number * every_s, json.dumps(event)) for number, event in enumerate(events)])


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


def test_lag_counts_from_when_the_provider_sent_it() -> None:
    call = {"started": 10.0, "ended": 10.3, "script": {"first_delay_s": 0.1}, "text": "abcdefgh"}
    arrived = Reader("", messages=[(10.15, json.dumps(HALF)), (10.5, json.dumps(REST))])
    assert lags(arrived, call, pieces=2) == pytest.approx([0.05, 0.2])


def test_chunk_that_holds_two_pieces_is_as_late_as_its_last() -> None:
    call = {"started": 10.0, "ended": 10.3, "script": {"first_delay_s": 0.1}, "text": "abcdefgh"}
    both = {**REST, "text": "abcdefgh", "start": "1:0"}
    assert lags(Reader("", messages=[(10.4, json.dumps(both))]), call, pieces=2) == pytest.approx([0.1])


def test_reader_goes_on_from_its_last_position() -> None:
    assert reader().position is None
    assert reader(STATUS, HALF).position == "1:4"
    assert (reader(HALF).ended, reader(HALF, REST, END).ended) == (False, True)


def test_busiest_seconds_are_found() -> None:
    assert busiest([0.0, 5.0, 5.5, 6.0, 6.9, 9.0], 2.0) == 2.0
    assert busiest([], 2.0) == 0.0
