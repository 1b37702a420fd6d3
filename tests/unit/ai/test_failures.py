"""The list of error codes is closed, and documented as it is."""

from __future__ import annotations

import re
from pathlib import Path

from ai.failures import FAILURES
from requests_app.pages.wording import FAILURES as ALL

API = Path(__file__).parents[3] / "docs" / "api.md"


def test_documented_codes_are_the_codes() -> None:
    table = API.read_text(encoding="utf-8").partition("`error.code`")[2].partition("## ")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == set(ALL)


def test_lost_workers_full_budgets_and_rejections_alone_are_no_failures_of_the_core() -> None:
    assert set(ALL) - set(FAILURES) == {"worker_lost", "budget_exceeded", "rejected"}
