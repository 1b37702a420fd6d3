"""Quality: for whom it is there, what it reads, and what stands behind its figures."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from accounts.models import User
from benchmarks.quality_days import quality_days, versions_of
from requests_app.days import bounds, day_of
from requests_app.models import AIReviewQueue, PromptReview, QualityDay, QualityReport, Status
from requests_app.reports import making
from requests_app.reports.days import keep
from tests.integration.reports.simulated import answer, rated_answer

PATHS = ["/quality", "/quality/requests?what=failed", "/quality/2026-03-01"]
DAY = date(2026, 3, 1)


def today() -> date:
    return day_of(timezone.now())


def allow(user: User, *codenames: str) -> None:
    user.user_permissions.add(*Permission.objects.filter(codename__in=codenames))


@pytest.fixture
def reader(alice: User, page: Client) -> Client:
    """alice, who may see figures."""
    allow(alice, "view_quality")
    return page


@pytest.fixture
def report(alice: User) -> QualityReport:
    rated_answer(alice, 1, at=bounds(DAY)[0])
    row = making.make(DAY)
    assert row is not None
    return row


@pytest.mark.parametrize("path", PATHS)
def test_to_others_it_is_not_there(page: Client, report: QualityReport, path: str) -> None:
    assert page.get(path).status_code == 404
    assertNotContains(page.get("/"), 'href="/quality"')


@pytest.mark.parametrize("path", PATHS)
def test_strangers_log_in_first(report: QualityReport, path: str) -> None:
    assert Client().get(path)["Location"].startswith("/login?next=/quality")


@pytest.mark.parametrize("path", PATHS)
def test_who_may_see_figures_and_staff_see_it(alice: User, reader: Client, report: QualityReport, path: str) -> None:
    assert reader.get(path).status_code == 200
    assertContains(reader.get("/"), 'href="/quality"')
    alice.user_permissions.clear()
    User.objects.filter(pk=alice.pk).update(is_staff=True)
    assert reader.get(path).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/quality/2026-03-02", "/quality/2026-02-30", "/quality/requests?what=x",
        "/quality/requests?what=failed&since=yesterday", "/quality/requests?what=failed&since=0001-01-01",
        "/quality/requests?what=failed&prompt=%00",
    ],
)  # fmt: skip
def test_what_is_not_there_is_404(reader: Client, path: str) -> None:
    assert reader.get(path).status_code == 404


@pytest.mark.parametrize("query", ["days=x", "days=-1", "days=999999999999", "prompt=%00", "prompt=nothing"])
def test_odd_wishes_are_answered(reader: Client, query: str) -> None:
    keep(today(), next(figures for _day, figures in quality_days(today(), 1, versions_of(2))))
    assert reader.get(f"/quality?{query}").status_code == 200


def test_empty_page_offers_the_next_step(reader: Client) -> None:
    assertContains(reader.get("/quality"), "No day has figures yet")


def test_more_days_and_prompts_cost_no_more_questions_and_no_look_at_requests(reader: Client) -> None:
    asked = []
    for days, versions in ((7, 2), (90, 20)):
        QualityDay.objects.all().delete()
        for day, figures in quality_days(today(), days, versions_of(versions)):
            keep(day, figures)
        reader.get("/quality?days=90")  # what is asked once a process
        with CaptureQueriesContext(connection) as captured:
            assert reader.get("/quality?days=90").status_code == 200
        asked.append(len(captured))
        tables = " ".join(query["sql"] for query in captured)
        assert not any(f'"{name}"' in tables for name in ("requests_app_airequest", "ai_llmusagelog"))
    assert asked[0] == asked[1] <= 14


def test_page_shows_the_stored_figures(reader: Client, alice: User) -> None:
    for _each in range(15):
        rated_answer(alice, 1, at=timezone.now())
    for _each in range(5):
        rated_answer(alice, -1, at=timezone.now())
    answer(alice, at=timezone.now(), status=Status.FAILED, result=None, error_code="output_invalid", refused=None)
    making.count_today(timezone.now())
    found = reader.get("/quality")
    assertContains(found, "75.0 %")
    assertContains(found, "15 of 20 ratings")
    assertContains(found, "output invalid")
    assertContains(found, "so far")


def test_report_is_shown_as_it_is_known_and_as_it_was_sent(reader: Client, report: QualityReport) -> None:
    QualityReport.objects.update(
        corrected={**report.document, "whole": {**report.document["whole"], "done": 4711}}, corrected_at=timezone.now()
    )
    path = f"/quality/{report.day}"
    assertContains(reader.get(path), "4,711")
    assertContains(reader.get(path), "Corrected by what came late")
    assertNotContains(reader.get(f"{path}?sent"), "4,711")


class TestBehindTheFigures:
    def test_each_kind_lists_its_own(self, reader: Client, alice: User, bob: User) -> None:
        now = timezone.now()
        failed = answer(alice, at=now, status=Status.FAILED, result=None, error_code="output_invalid", refused=None)
        refused = answer(alice, at=now, refused=True)
        down = rated_answer(alice, -1, at=now)
        cancelled = answer(alice, at=now, status=Status.CANCELLED, result=None, refused=None)
        changed = answer(alice, at=now)
        AIReviewQueue.objects.create(
            request=changed, kind="audit", reasons=[], priority=5, due=now, closed=now, verdict="rejected",
            decided_by=bob, decided_at=now, effective_at=now,
        )  # fmt: skip
        kinds = {"failed": failed, "refused": refused, "down": down, "cancelled": cancelled, "overruled": changed}
        for what, row in kinds.items():
            found = reader.get("/quality/requests", {"what": what})
            assert [listed.id for listed in found.context["behind"].rows] == [row.pk], what
            assertContains(found, f'href="/requests/{row.pk}"')

    def test_others_are_listed_for_those_alone_who_may_look_at_requests(
        self, reader: Client, alice: User, bob: User
    ) -> None:
        row = answer(bob, at=timezone.now(), refused=True)
        path = "/quality/requests?what=refused"
        assertNotContains(reader.get(path), str(row.pk))
        User.objects.filter(pk=alice.pk).update(is_staff=True)
        assertNotContains(reader.get(path), str(row.pk))
        allow(alice, "view_airequest")
        assertContains(reader.get(path), f"/admin/requests_app/airequest/{row.pk}/change/")

    def test_days_prompt_version_and_code_narrow(self, reader: Client, alice: User) -> None:
        now = timezone.now()
        fields: dict[str, Any] = {"status": Status.FAILED, "result": None, "refused": None}
        row = answer(alice, at=now, error_code="incomplete", **fields)
        answer(alice, at=now, error_code="output_invalid", **fields)
        answer(alice, at=now, error_code="incomplete", version="2", **fields)
        answer(alice, at=now - timedelta(days=2), error_code="incomplete", **fields)
        query = {"what": "failed", "prompt": "chat", "version": "1", "code": "incomplete"}
        assert [each.id for each in reader.get("/quality/requests", query).context["behind"].rows] == [row.pk]


class TestClosingAReview:
    @pytest.fixture
    def review(self, db: None) -> PromptReview:
        return PromptReview.objects.create(
            prompt_key="chat", prompt_version="1", day=DAY, days=1, approved=3, ratings=20
        )

    def close(self, client: Client, review: PromptReview, note: str = "Rewritten.") -> int:
        return client.post(f"/quality/prompts/{review.pk}/close", {"note": note}).status_code

    def test_it_is_closed_once_and_says_by_whom(self, reader: Client, alice: User, review: PromptReview) -> None:
        allow(alice, "change_promptreview")
        for note in ("Rewritten.", "Again."):
            assert self.close(reader, review, note) == 302
        review.refresh_from_db()
        assert (review.note, review.closed_by) == ("Rewritten.", alice)

    def test_without_a_note_it_stays_open(self, reader: Client, alice: User, review: PromptReview) -> None:
        allow(alice, "change_promptreview")
        assertRedirects(reader.post(f"/quality/prompts/{review.pk}/close", {"note": " "}), "/quality")
        assert PromptReview.objects.filter(closed=None).exists()

    def test_readers_alone_may_not(self, reader: Client, review: PromptReview) -> None:
        assert self.close(reader, review) == 404
        assert PromptReview.objects.filter(closed=None).exists()
