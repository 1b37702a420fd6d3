"""Reviews over the API: for those who may judge; to all others they are not there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from requests_app import paging, review
from requests_app.models import AIRequest, AIReviewQueue
from tests.integration.requests_app.test_review import ANSWER, answer, ask, later, steps

ADDRESS = "/api/v1/reviews"
EDITED = "The quay was rebuilt in 1908."
BODIES = {
    "take": None, "give-back": None, "escalate": {"note": "a lawyer"}, "approve": {}, "edit": {"text": EDITED},
    "reject": {"note": "The year is wrong."}, "undo": None,
}  # fmt: skip


@pytest.fixture
def held(alice: User) -> AIReviewQueue:
    """alice's answer, kept back."""
    return AIReviewQueue.objects.get(request=answer(ask(alice)))


def program_of(user: User, *, judges: bool = True) -> APIClient:
    if judges:
        user.user_permissions.add(Permission.objects.get(codename="decide_review"))
    client = APIClient()
    client.force_authenticate(User.objects.get(pk=user.pk))
    return client


@pytest.fixture
def bobs(bob: User) -> APIClient:
    return program_of(bob)


def step(client: APIClient, item: AIReviewQueue, name: str, body: Any = None, *, expected: int = 200) -> Any:
    said = BODIES[name] if body is None else body
    answered = client.post(f"{ADDRESS}/{item.pk}/{name}", said)
    assert answered.status_code == expected, answered.content
    item.refresh_from_db()
    return answered.json()


def listed(client: APIClient, query: str = "") -> list[str]:
    return [row["id"] for row in client.get(f"{ADDRESS}{query}").json()["results"]]


class TestWhoSeesThem:
    @pytest.mark.parametrize("name", [None, "", *BODIES])
    def test_strangers_find_nothing(self, mallory: User, held: AIReviewQueue, name: str | None) -> None:
        client = program_of(mallory, judges=False)
        if name:
            step(client, held, name, expected=404)
        else:
            path = ADDRESS if name is None else f"{ADDRESS}/{held.pk}"
            assert client.get(path).json()["code"] == "not_found"

    @pytest.mark.parametrize("name", BODIES)
    def test_ones_own_are_not_there(self, alice: User, held: AIReviewQueue, name: str) -> None:
        alices = program_of(alice)
        assert listed(alices) == []
        assert alices.get(f"{ADDRESS}/{held.pk}").status_code == 404
        AIReviewQueue.objects.update(claimed_by=alice, claimed_until=timezone.now() + timedelta(hours=1))
        step(alices, held, name, expected=404)
        assert steps(held) == ["queued"]

    def test_nobody_is_asked_to_log_in(self, nobody: APIClient) -> None:
        assert nobody.get(ADDRESS).json()["code"] == "not_authenticated"


class TestList:
    def test_most_urgent_first_and_without_texts(self, bobs: APIClient, alice: User, held: AIReviewQueue) -> None:
        urgent = answer(ask(alice)).review
        AIReviewQueue.objects.filter(pk=urgent.pk).update(priority=95)
        answered = bobs.get(ADDRESS)
        assert listed(bobs) == [str(urgent.pk), str(held.pk)]
        assert ANSWER not in answered.content.decode()
        row = answered.json()["results"][1]
        assert (row["prompt_key"], row["kind"], row["held_by"], row["mine"]) == (
            "document_summary",
            "gate",
            None,
            False,
        )
        assert [reason["code"] for reason in row["reasons"]] == ["always"]

    def test_filters(self, bobs: APIClient, bob: User, alice: User, held: AIReviewQueue) -> None:
        audit = answer(ask(alice, {"audit": "always"})).review
        AIReviewQueue.objects.filter(pk=audit.pk).update(due=timezone.now() - timedelta(hours=1))
        review.take(bob, held.pk)
        assert listed(bobs, "?state=mine") == [str(held.pk)]
        assert listed(bobs, "?state=overdue") == listed(bobs, "?kind=audit") == [str(audit.pk)]
        assert len(listed(bobs, "?state=open")) == 2

    @pytest.mark.parametrize("query", ["?state=lost", "?kind=both", "?owner=bob", "?cursor=x", "?cursor=MTAw"])
    def test_what_cannot_be_asked_is_refused(self, bobs: APIClient, query: str) -> None:
        refused = bobs.get(f"{ADDRESS}{query}")
        assert (refused.status_code, refused.json()["code"]) == (400, "invalid")

    def test_pages_show_each_once(
        self, bobs: APIClient, alice: User, held: AIReviewQueue, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(paging.turns_of, "__kwdefaults__", {"size": 2})
        items = [held, *(answer(ask(alice)).review for _each in range(4))]
        AIReviewQueue.objects.filter(pk=items[3].pk).update(priority=95)
        AIReviewQueue.objects.filter(pk__in=[item.pk for item in items[:2]]).update(due=held.due)
        seen, path = [], ADDRESS
        while path:
            page = bobs.get(path).json()
            seen += [row["id"] for row in page["results"]]
            path = page["next"]
        assert seen == [str(item.pk) for item in AIReviewQueue.objects.in_turn()]

    def test_costs_the_same_however_long(self, bobs: APIClient, alice: User, held: AIReviewQueue) -> None:
        queries(bobs)  # what is known of the caller from then on
        few = queries(bobs)
        for _each in range(3):
            answer(ask(alice))
        assert queries(bobs) == few


def queries(client: APIClient) -> int:
    with CaptureQueriesContext(connection) as asked:
        client.get(ADDRESS)
    return len(asked)


class TestOne:
    def test_has_what_a_verdict_needs(self, bobs: APIClient, held: AIReviewQueue) -> None:
        item = bobs.get(f"{ADDRESS}/{held.pk}").json()
        assert (item["text"], item["payload"], item["verdict"]) == (ANSWER, held.request.payload, "")
        assert [(call["number"], call["reason"]) for call in item["attempts"]] == [(1, "first")]
        assert [(each["step"], each["person"]) for each in item["log"]] == [("queued", None)]
        assert item["due"]
        assert item["links"]["take"] == f"{ADDRESS}/{held.pk}/take"

    def test_audit_shows_what_was_delivered(self, bobs: APIClient, alice: User) -> None:
        item = answer(ask(alice, {"audit": "always"})).review
        assert bobs.get(f"{ADDRESS}/{item.pk}").json()["text"] == ANSWER


class TestJudging:
    def test_approved_edited_and_rejected(self, bobs: APIClient, bob: User, held: AIReviewQueue) -> None:
        assert step(bobs, held, "take")["mine"]
        assert step(bobs, held, "reject")["note"] == "The year is wrong."
        assert step(bobs, held, "undo")["verdict"] == ""
        edited = step(bobs, held, "edit", {"text": EDITED, "note": "the year"})
        assert (edited["verdict"], edited["text"], edited["edited_text"]) == ("edited", ANSWER, EDITED)
        assert edited["decided_by"] == str(bob)
        later()
        review.deliver()
        assert AIRequest.objects.get().result == EDITED

    @pytest.mark.parametrize("name", ["take", "give-back", "escalate", "approve", "edit", "reject", "undo"])
    def test_repeating_changes_nothing(self, bobs: APIClient, held: AIReviewQueue, name: str) -> None:
        step(bobs, held, "take")
        if name == "undo":
            step(bobs, held, "approve")
        once = step(bobs, held, name)
        recorded = steps(held)
        again = step(bobs, held, name)
        assert (again["verdict"], again["mine"]) == (once["verdict"], once["mine"])
        assert name == "take" or steps(held) == recorded

    @pytest.mark.parametrize("name", BODIES)
    def test_lost_races_are_conflicts(self, bobs: APIClient, mallory: User, held: AIReviewQueue, name: str) -> None:
        step(bobs, held, "take")
        lost = step(program_of(mallory), held, name, expected=409)
        assert (lost["code"], lost["status"]) == ("not_reviewable", 409)
        assert steps(held) == ["queued", "claimed"]

    def test_other_verdict_than_the_first_is_a_conflict(self, bobs: APIClient, held: AIReviewQueue) -> None:
        step(bobs, held, "take")
        step(bobs, held, "approve")
        assert step(bobs, held, "reject", expected=409)["code"] == "not_reviewable"
        later()
        assert step(bobs, held, "undo", expected=409)["code"] == "not_reviewable"

    @pytest.mark.parametrize(
        ("name", "body", "pointer"),
        [
            ("reject", {}, "/note"), ("reject", {"note": " "}, "/note"), ("escalate", {}, "/note"),
            ("reject", {"note": "x" * 501}, "/note"), ("edit", {}, "/text"), ("edit", {"text": " "}, "/text"),
            ("edit", {"text": 7}, "/text"), ("edit", {"text": "a\x00b"}, "/text"),
            ("approve", {"mood": "good"}, "/mood"),
        ],
    )  # fmt: skip
    def test_what_is_wrong_is_named(
        self, bobs: APIClient, held: AIReviewQueue, name: str, body: dict[str, Any], pointer: str
    ) -> None:
        step(bobs, held, "take")
        refused = step(bobs, held, name, body, expected=400)
        assert (refused["code"], refused["errors"][0]["pointer"]) == ("invalid", pointer)
        assert held.verdict == ""

    def test_edited_value_must_have_the_form(self, bobs: APIClient, alice: User) -> None:
        schema = {"type": "object", "properties": {"year": {"type": "integer"}}, "required": ["year"]}
        item = answer(ask(alice, output=schema), '{"year": 1907}', output={"year": 1907}).review
        step(bobs, item, "take")
        refused = step(bobs, item, "edit", {"text": '{"year": "long ago"}'}, expected=400)
        assert refused["errors"][0]["pointer"] == "/text"
        assert step(bobs, item, "edit", {"text": '{"year": 1908}'})["edited_output"] == {"year": 1908}
