from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from ai.failures import FAILURES
from requests_app.pages.wording import call_end, dollars, failure, seconds, title_of
from requests_app.runner import CANCELLED, HANDED_OVER, LOST


@pytest.mark.parametrize(
    ("amount", "words"),
    [("0", "$0.00"), ("0.000123", "$0.000123"), ("0.1", "$0.10"), ("12.5", "$12.50"), ("0.0000004", "<$0.000001")],
)
def test_money(amount: str, words: str) -> None:
    assert dollars(Decimal(amount)) == words


@pytest.mark.parametrize(
    ("span", "words"), [(-1, "0.00 s"), (0.214, "0.21 s"), (4.84, "4.8 s"), (59.97, "1 min 0 s"), (125.4, "2 min 5 s")]
)
def test_spans_of_time(span: float, words: str) -> None:
    assert seconds(timedelta(seconds=span)) == words


def test_prompt_keys_read_as_titles() -> None:
    assert title_of("document_summary") == "Document summary"


def test_a_code_that_has_no_sentence_stands_for_itself() -> None:
    assert failure("something_new") == "something_new"


@pytest.mark.parametrize("outcome", [*FAILURES, CANCELLED, LOST, HANDED_OVER, "worker_lost"])
def test_every_end_of_a_call_is_a_sentence(outcome: str) -> None:
    assert call_end(outcome).endswith(".")


@pytest.mark.parametrize("code", [*FAILURES, "worker_lost", "budget_exceeded"])
def test_every_failure_is_a_sentence(code: str) -> None:
    assert failure(code).endswith(".")
