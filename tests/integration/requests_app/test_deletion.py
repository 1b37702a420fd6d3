"""What its owner deleted is hidden at once, can come back for a week, and then has no content."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import F

from accounts.models import User
from ai.models import LLMUsageLog
from requests_app import deletion
from requests_app.intake import Idempotency, accept
from requests_app.lifecycle import Claim, Ending, finish
from requests_app.models import AIRequest, Status
from requests_app.sweep import sweep
from tests.integration.requests_app.conftest import SUMMARY, opened

DAY = timedelta(days=1)
TEXTS = ("payload", "metadata", "object_id", "result", "partial", "output")


@pytest.fixture
def answered(claim: Claim) -> AIRequest:
    attempt = opened(claim, attempt=claim.attempt)
    finish(claim.request, attempt=attempt, ending=Ending(status=Status.DONE, text="The answer."), closed=None)
    return AIRequest.objects.get()


def later(days: int) -> None:
    AIRequest.objects.update(deleted_at=F("deleted_at") - days * DAY)


def test_it_is_hidden_at_once(alice: User, answered: AIRequest) -> None:
    deletion.delete(answered)
    assert not AIRequest.objects.owned_by(alice).exists()


def test_it_comes_back_whole_within_the_week(alice: User, answered: AIRequest) -> None:
    deletion.delete(answered)
    later(6)
    sweep()
    assert deletion.restore(alice, answered.pk) == answered
    assert AIRequest.objects.owned_by(alice).get().result == "The answer."


def test_nobody_else_brings_it_back(bob: User, answered: AIRequest) -> None:
    deletion.delete(answered)
    assert deletion.restore(bob, answered.pk) is None


def test_after_a_week_its_content_is_gone_and_its_cost_is_not(alice: User, answered: AIRequest) -> None:
    charged = list(LLMUsageLog.objects.values())
    deletion.delete(answered)
    later(8)
    sweep()
    erased = AIRequest.objects.values(*TEXTS).get()
    assert erased == {"payload": {}, "metadata": {}, "object_id": "", "result": "", "partial": "", "output": None}
    assert deletion.restore(alice, answered.pk) is None
    assert list(LLMUsageLog.objects.values()) == charged != []


def test_deleting_again_does_not_put_the_end_of_the_week_off(answered: AIRequest) -> None:
    deletion.delete(answered)
    later(5)
    deletion.delete(answered)
    later(3)
    assert deletion.erase() == 1


def test_waiting_request_ends_with_it(waiting: AIRequest) -> None:
    deletion.delete(waiting)
    assert AIRequest.objects.get().status == Status.CANCELLED


def test_running_request_is_told_to_end_and_erased_only_then(claim: Claim) -> None:
    deletion.delete(claim.request)
    later(8)
    assert AIRequest.objects.get().cancel_requested_at is not None
    assert deletion.erase() == 0
    finish(claim.request, attempt=claim.attempt, ending=Ending(status=Status.CANCELLED, text="Half"), closed=None)
    assert deletion.erase() == 1
    assert AIRequest.objects.get().partial == ""


def test_its_key_makes_a_new_request(alice: User) -> None:
    key = Idempotency(key="one", method="POST", path="/", body_hash="x")
    first = accept(alice, SUMMARY, key).request
    deletion.delete(first)
    assert accept(alice, SUMMARY, key).request != first
