from __future__ import annotations

import pytest

from benchmarks.report import Figure, Report, shown

ROWS: list[dict[str, Figure]] = [{"view": "accept", "p50, ms": 12.34}]


def test_report_is_a_table() -> None:
    lines = Report(how="5 calls", rows=ROWS).markdown().splitlines()
    assert lines == ["5 calls", "", "| view | p50, ms |", "| --- | ---: |", "| accept | 12.3 |"]


def test_what_is_wrong_stands_out() -> None:
    assert Report(how="", rows=ROWS, wrong=["2 of 5 sockets"]).markdown().endswith("\n\nNOT EXACT: 2 of 5 sockets")


@pytest.mark.parametrize(
    ("figure", "text"),
    [(None, "unknown"), (0.123, "0.12"), (12.34, "12.3"), (1234.5, "1,234"), (1234, "1,234"), ("no", "no")],
)
def test_figures_have_three_digits_or_so(figure: Figure, text: str) -> None:
    assert shown(figure) == text
