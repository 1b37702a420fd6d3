from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from requests_app.pages.export import cell, lines


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_what_a_spreadsheet_would_run_becomes_text(start: str) -> None:
    assert cell(f"{start}1+1") == f"'{start}1+1"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        ("", ""),
        ("T-1 = a", "T-1 = a"),
        (0, "0"),
        (False, "false"),
        (Decimal("1E-12"), "0.000000000001"),
        (datetime(2026, 3, 9, 1, 2, 3, tzinfo=UTC), "2026-03-09T01:02:03+00:00"),
    ],
)
def test_values_as_programs_read_them(value: object, text: str) -> None:
    assert cell(value) == text


def test_commas_quotes_and_breaks_stay_in_their_cell() -> None:
    assert lines([["a,b", 'c"d', "e\nf"]]) == '"a,b","c""d","e\nf"\r\n'
