"""The review queue in the admin: looked at, narrowed, and its texts only for those who may judge."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from accounts.models import User
from requests_app.models import AIReviewQueue, Status
from tests.integration.admin.furniture import SECRET, judge_later, request_of

LIST = "/admin/requests_app/aireviewqueue/"


@pytest.fixture
def held(alice: User) -> AIReviewQueue:
    return judge_later(request_of(alice, status=Status.REVIEW), due=timezone.now() + timedelta(hours=3))


def page_of(client: Client, row: AIReviewQueue, query: str = "") -> str:
    return client.get(f"{LIST}{row.pk}/change/{query}").content.decode()


def judged(row: AIReviewQueue, by: User, **changes: object) -> AIReviewQueue:
    now = timezone.now()
    decided = {"decided_by": by, "decided_at": now, "effective_at": now, **changes}
    AIReviewQueue.objects.filter(pk=row.pk).update(**decided)
    row.refresh_from_db()
    return row


def test_staff_without_the_right_see_no_text(staff: Client, boss: User, held: AIReviewQueue) -> None:
    judged(held, boss, verdict="rejected", note="Names a patient.")
    for query in ("", "?texts"):
        page = page_of(staff, held, query)
        assert "hidden" in page
        assert SECRET not in page
        assert "Names a patient." not in page


def test_text_is_shown_on_demand_and_its_opening_noted(staff: Client, bob: User, held: AIReviewQueue) -> None:
    bob.user_permissions.add(Permission.objects.get(codename="decide_review"))
    assert SECRET not in page_of(staff, held)
    assert SECRET in page_of(staff, held, "?texts")
    assert [entry.change_message for entry in LogEntry.objects.all()] == ["Viewed text."]


def test_ones_own_held_answer_stays_hidden(admin: Client, boss: User) -> None:
    own = judge_later(request_of(boss, status=Status.REVIEW))
    assert SECRET not in page_of(admin, own, "?texts")
    assert not LogEntry.objects.exists()


def test_both_texts_and_what_was_changed(admin: Client, boss: User, held: AIReviewQueue) -> None:
    judged(held, boss, verdict="edited", edited_text="The quay of Helsingor.")
    page = page_of(admin, held, "?texts")
    assert "Elsinore." in page[page.index("<del>") : page.index("</del>")]
    assert "Helsingor." in page[page.index("<ins>") : page.index("</ins>")]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("state=waiting", True), ("state=overdue", False), ("state=judged", False), ("state=closed", False),
        ("kind__exact=gate", True), ("kind__exact=audit", False), ("prompt=document_summary", True),
        ("prompt=medical_summary", False),
    ],
)  # fmt: skip
def test_filters(admin: Client, held: AIReviewQueue, query: str, found: bool) -> None:
    assert (str(held.pk) in admin.get(f"{LIST}?{query}").content.decode()) == found


def test_prompts_that_say_nothing_of_review_are_not_offered(admin: Client, held: AIReviewQueue) -> None:
    page = admin.get(LIST).content.decode()
    assert "prompt=medical_summary" in page
    assert "prompt=document_summary" not in page


def test_found_by_its_request(admin: Client, held: AIReviewQueue) -> None:
    assert str(held.pk) in admin.get(f"{LIST}?q={held.request_id}").content.decode()


def test_request_leads_to_its_review_and_back(admin: Client, held: AIReviewQueue) -> None:
    request = f"/admin/requests_app/airequest/{held.request_id}/change/"
    assert f"{LIST}{held.pk}/change/" in admin.get(request).content.decode()
    assert request in page_of(admin, held)


@pytest.mark.parametrize("field", ["text", "edited_text", "note", "output"])
def test_texts_cannot_be_spelled_out_by_filters(staff: Client, held: AIReviewQueue, field: str) -> None:
    assert staff.get(LIST, {f"{field}__startswith": "The"}).status_code == 400
    assert staff.get("/admin/requests_app/reviewaction/", {f"item__{field}__startswith": "The"}).status_code == 400
