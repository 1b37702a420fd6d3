"""Answers that people judge: kept back from everybody, in one person's hands at a time, carried out once."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone

from accounts.models import User
from ai.models import PromptLabel, PromptTemplate
from ai.prompts.registry import get_prompt
from requests_app import deletion, intake, review
from requests_app.errors import NotReviewable, ReviewInvalid
from requests_app.intake import Submission, accept
from requests_app.lifecycle import Claim, Ending, finish
from requests_app.models import AIRequest, AIReviewQueue, BudgetHold, ReviewAction, Status, StreamChunk
from requests_app.stream import Position, snapshot
from requests_app.sweep import sweep
from tests.integration.requests_app.conftest import SUMMARY, claim_next, new_lease, opened

ANSWER = "The quay was rebuilt in 1907."
ALWAYS = {"gate": "always"}


def ask(user: User, declared: dict[str, Any] | None = None, *, output: Any = None) -> Claim:
    """A request under a prompt with this ``review``, its call under way."""
    content = {**json.loads(get_prompt("document_summary").content), "review": declared or ALWAYS}
    if output is not None:
        content["output"] = output
    number = PromptTemplate.objects.count()
    prompt = PromptTemplate.objects.create(
        key="document_summary", version=f"2.{number}", hash=f"{number:064}", content=json.dumps(content), published=True
    )
    PromptLabel.objects.create(key="document_summary", template=prompt, by="alice", reason="a test")
    accept(user, SUMMARY)
    return claimed()


def ask_for_approval(user: User) -> Claim:
    """As ``ask``, under a shipped prompt: what a test commits about prompts stays."""
    accept(user, Submission(prompt_key="medical_summary", payload={"records": "A sprained ankle."}))
    return claimed()


def claimed() -> Claim:
    claim = claim_next(new_lease().pk)
    assert claim is not None
    opened(claim, attempt=claim.attempt)
    return claim


def answer(claim: Claim, text: str = ANSWER, **more: Any) -> AIRequest:
    finish(claim.request, attempt=claim.attempt, ending=Ending(status=Status.DONE, text=text, **more), closed=None)
    return AIRequest.objects.get(pk=claim.request.pk)


@pytest.fixture
def held(alice: User) -> AIReviewQueue:
    """alice's answer, kept back."""
    return AIReviewQueue.objects.get(request=answer(ask(alice)))


def later(*items: AIReviewQueue) -> None:
    """The time to think again has passed, for these or for all."""
    rows = AIReviewQueue.objects.filter(pk__in=[item.pk for item in items]) if items else AIReviewQueue.objects
    rows.update(effective_at=F("effective_at") - timedelta(seconds=review.UNDO_S + 1))


def steps(item: AIReviewQueue) -> list[str]:
    return list(ReviewAction.objects.filter(item=item).values_list("step", flat=True))


class TestKeepingBack:
    def test_whole_answer_waits_in_the_queue_alone(self, held: AIReviewQueue) -> None:
        request = AIRequest.objects.get()
        assert (request.status, request.result, request.partial, request.completed) == ("review", None, "", None)
        assert (held.text, held.kind, held.priority) == (ANSWER, "gate", 50)
        assert held.reasons == [{"code": "always", "measured": None, "limit": None}]
        assert BudgetHold.objects.get().state == "settled"
        assert request.output_tokens

    def test_text_on_its_way_is_shown_to_nobody(self, alice: User) -> None:
        claim = ask(alice)
        StreamChunk.objects.create(request_id=claim.request.pk, attempt=claim.attempt, start=0, text="The quay")
        seen = snapshot(claim.request.pk, Position(claim.attempt, 0))
        assert (seen.text, seen.end) == ("", Position(1, 0))

    @pytest.mark.parametrize("status", [Status.FAILED, Status.CANCELLED, Status.EXPIRED])
    def test_part_of_a_gated_answer_is_not_kept(self, alice: User, status: Status) -> None:
        claim = ask(alice)
        ending = Ending(status=status, text="The quay was")
        finish(claim.request, attempt=claim.attempt, ending=ending, closed=None)
        assert AIRequest.objects.get().partial == ""

    def test_answer_that_meets_no_rule_is_delivered(self, alice: User) -> None:
        request = answer(ask(alice, {"gate": {"rules": ["refusal"]}}))
        assert (request.status, request.result) == ("done", ANSWER)
        assert not AIReviewQueue.objects.exists()

    def test_answer_that_meets_one_is_kept_back(self, alice: User) -> None:
        request = answer(ask(alice, {"gate": {"rules": ["refusal"]}}), "I cannot help with that request.")
        assert (request.status, request.result) == ("review", None)

    def test_audit_delays_nothing(self, alice: User) -> None:
        request = answer(ask(alice, {"audit": "always"}))
        item = AIReviewQueue.objects.get()
        assert (request.status, request.result, request.gated) == ("done", ANSWER, False)
        assert (item.kind, item.text) == ("audit", "")

    def test_length_is_held_against_what_is_usual(self, alice: User) -> None:
        claim = ask(alice, {"audit": {"rules": ["length"], "length_factor": 2}})
        done = [
            AIRequest(
                user=alice, team=claim.request.team, template=claim.request.template, payload={}, route=[],
                input_estimate=1, deadline=timezone.now(), status="done", result="x" * 100, completed=timezone.now(),
            )
            for _each in range(20)
        ]  # fmt: skip
        AIRequest.objects.bulk_create(done)
        answer(claim, "x" * 201)
        assert AIReviewQueue.objects.get().reasons == [{"code": "length", "measured": 2.01, "limit": 2.0}]

    def test_asker_may_withdraw_it(self, held: AIReviewQueue) -> None:
        assert intake.cancel(held.request).status == Status.CANCELLED
        held.refresh_from_db()
        assert held.closed
        assert steps(held) == ["queued", "withdrawn"]
        assert intake.cancel(held.request).status == Status.CANCELLED

    def test_what_was_deleted_is_erased_here_too(self, held: AIReviewQueue) -> None:
        deletion.delete(held.request)
        AIRequest.objects.update(deleted_at=timezone.now() - timedelta(days=8))
        assert deletion.erase() == 1
        held.refresh_from_db()
        assert (held.text, held.output, held.edited_text) == ("", None, "")


class TestTaking:
    def test_one_has_it_and_others_do_not(self, held: AIReviewQueue, bob: User, mallory: User) -> None:
        assert review.take(bob, held.pk).claimed_by == bob
        with pytest.raises(NotReviewable):
            review.take(mallory, held.pk)
        assert review.take_next(mallory) is None
        assert review.take(bob, held.pk).claimed_by == bob

    def test_lock_that_expired_binds_nobody(self, held: AIReviewQueue, bob: User, mallory: User) -> None:
        review.take(bob, held.pk)
        AIReviewQueue.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
        assert review.take(mallory, held.pk).claimed_by == mallory
        with pytest.raises(NotReviewable):
            review.approve(bob, held.pk)

    def test_nobody_judges_their_own(self, held: AIReviewQueue, alice: User) -> None:
        assert review.take_next(alice) is None
        with pytest.raises(NotReviewable):
            review.take(alice, held.pk)
        AIReviewQueue.objects.update(claimed_by=alice, claimed_until=timezone.now() + timedelta(hours=1))
        with pytest.raises(NotReviewable):
            review.approve(alice, held.pk)

    def test_most_urgent_is_next(self, alice: User, bob: User) -> None:
        usual, urgent = (AIReviewQueue.objects.get(request=answer(ask(alice))) for _each in range(2))
        AIReviewQueue.objects.filter(pk=urgent.pk).update(priority=95)
        assert review.take_next(bob) == urgent
        review.give_back(bob, urgent.pk)
        review.take(bob, urgent.pk)
        assert steps(urgent) == ["queued", "claimed", "released", "claimed"]
        assert usual.due - usual.created > timedelta(hours=7)

    def test_escalated_goes_to_the_front_and_out_of_ones_hands(self, held: AIReviewQueue, bob: User) -> None:
        review.take(bob, held.pk)
        with pytest.raises(ReviewInvalid):
            review.escalate(bob, held.pk, " ")
        item = review.escalate(bob, held.pk, "a lawyer should look")
        assert (item.priority, item.escalated, item.claimed_by) == (100, True, None)

    def test_overdue_is_hurried_once(self, held: AIReviewQueue) -> None:
        AIReviewQueue.objects.update(due=timezone.now() - timedelta(seconds=1))
        assert [review.hurry_overdue(), review.hurry_overdue()] == [1, 0]
        held.refresh_from_db()
        assert (held.priority, held.escalated) == (100, True)


class TestJudging:
    def test_approved_answer_is_delivered(self, held: AIReviewQueue, bob: User) -> None:
        review.take(bob, held.pk)
        review.approve(bob, held.pk, note="fine")
        assert AIRequest.objects.get().status == Status.REVIEW, "it may be taken back"
        later()
        assert [review.deliver(), review.deliver()] == [1, 0]
        request = AIRequest.objects.get()
        assert (request.status, request.result, request.completed is None) == ("done", ANSWER, False)
        held.refresh_from_db()
        assert (held.verdict, held.decided_by, held.note) == ("approved", bob, "fine")
        assert steps(held) == ["queued", "claimed", "decided", "delivered"]

    def test_edited_answer_is_delivered_and_the_models_is_kept(self, held: AIReviewQueue, bob: User) -> None:
        review.take(bob, held.pk)
        review.approve(bob, held.pk, text="The quay was rebuilt in 1908.")
        later()
        assert sweep() is not None
        held.refresh_from_db()
        assert AIRequest.objects.get().result == "The quay was rebuilt in 1908."
        assert (held.verdict, held.text) == ("edited", ANSWER)

    def test_text_that_was_not_changed_is_approved(self, held: AIReviewQueue, bob: User) -> None:
        review.take(bob, held.pk)
        assert review.approve(bob, held.pk, text=ANSWER).verdict == "approved"

    def test_edited_value_must_have_the_form(self, alice: User, bob: User) -> None:
        schema = {"type": "object", "properties": {"year": {"type": "integer"}}, "required": ["year"]}
        request = answer(ask(alice, output=schema), '{"year": 1907}', output={"year": 1907})
        item = review.take(bob, request.review.pk)
        with pytest.raises(ReviewInvalid) as refused:
            review.approve(bob, item.pk, text='{"year": "long ago"}')
        assert refused.value.problem.pointer == "/text"
        review.approve(bob, item.pk, text='{"year": 1908}')
        later()
        review.deliver()
        request.refresh_from_db()
        assert (request.output, request.result) == ({"year": 1908}, '{"year": 1908}')

    def test_rejected_answer_is_never_shown(self, held: AIReviewQueue, bob: User) -> None:
        review.take(bob, held.pk)
        with pytest.raises(ReviewInvalid):
            review.reject(bob, held.pk, note="")
        review.reject(bob, held.pk, note="The year is wrong.")
        later()
        review.deliver()
        request = AIRequest.objects.get()
        assert (request.status, request.result, request.partial) == ("rejected", None, "")
        assert (request.error_code, request.error_message) == ("rejected", "The year is wrong.")

    def test_verdict_may_be_taken_back_for_a_while(self, held: AIReviewQueue, bob: User, mallory: User) -> None:
        review.take(bob, held.pk)
        review.reject(bob, held.pk, note="wrong")
        with pytest.raises(NotReviewable):
            review.undo(mallory, held.pk)
        item = review.undo(bob, held.pk)
        assert (item.verdict, item.note, item.claimed_by) == ("", "", bob)
        review.approve(bob, held.pk)
        later()
        with pytest.raises(NotReviewable):
            review.undo(bob, held.pk)
        review.deliver()
        assert AIRequest.objects.get().status == Status.DONE

    def test_verdict_wants_the_answer_in_ones_hands(self, held: AIReviewQueue, bob: User) -> None:
        with pytest.raises(NotReviewable):
            review.approve(bob, held.pk)

    def test_withdrawn_answer_is_not_delivered(self, held: AIReviewQueue, bob: User) -> None:
        review.take(bob, held.pk)
        review.approve(bob, held.pk)
        intake.cancel(held.request)
        later()
        assert review.deliver() == 0
        assert AIRequest.objects.get().status == Status.CANCELLED

    def test_audit_changes_nothing_about_its_request(self, alice: User, bob: User) -> None:
        request = answer(ask(alice, {"audit": "always"}))
        review.take(bob, request.review.pk)
        review.reject(bob, request.review.pk, note="poor")
        later()
        assert review.deliver() == 1
        request.refresh_from_db()
        assert (request.status, request.result) == ("done", ANSWER)
