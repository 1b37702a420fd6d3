"""A report a day: with no beat, one or three, made up for when beat was away, and corrected by what comes late."""

from __future__ import annotations

import smtplib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from ai.models import LLMUsageLog
from ai.types import Usage
from requests_app import feedback, lifecycle
from requests_app.days import bounds, day_of
from requests_app.lifecycle import ClosedCall
from requests_app.mail import NOWHERE
from requests_app.models import AIOutputFeedback, AIRequest, PromptReview, QualityDay, QualityReport
from requests_app.models.quality import COMMITTED
from requests_app.reports import making, sending
from requests_app.reports.days import figures_in
from requests_app.reports.figures import Report, Subject
from requests_app.reports.gather import figures_of
from requests_app.reports.making import BACK, SETTLE
from requests_app.tasks import ai_quality_report
from tests.integration.admin.furniture import use
from tests.integration.reports.simulated import answer, rated_answer

NOON = timedelta(hours=12)


class Broken(BaseEmailBackend):
    def send_messages(self, messages: Any) -> int:
        raise smtplib.SMTPServerDisconnected("olga@example.org was refused")


@pytest.fixture(autouse=True)
def post(settings: Settings) -> None:
    settings.LINTEL_REPORT_MAIL = ["olga@example.org", "otto@example.org"]


@pytest.fixture
def yesterday() -> date:
    return day_of(timezone.now() - SETTLE) - timedelta(days=1)


def noon(day: date) -> datetime:
    return bounds(day)[0] + NOON


def report_of(day: date) -> QualityReport:
    return QualityReport.objects.get(day=day)


def whole(day: date) -> QualityDay:
    return QualityDay.objects.get(day=day, prompt_key="", prompt_version="")


def a_while_later() -> None:
    QualityReport.objects.update(made=timezone.now() - COMMITTED)


def run() -> None:
    try:
        ai_quality_report()
    finally:
        connection.close()


@pytest.mark.usefixtures("committed")
@pytest.mark.parametrize("beats", [1, 3])
def test_any_number_of_beats_makes_one_report_and_one_mail(beats: int, yesterday: date) -> None:
    alice = User.objects.create_user("alice")
    rated_answer(alice, 1, at=noon(yesterday))
    with ThreadPoolExecutor(beats) as threads:
        for each in [threads.submit(run) for _ in range(3 * beats)]:
            each.result()
    assert QualityReport.objects.count() == 1
    assert QualityDay.objects.filter(day=yesterday).count() == 3
    assert [message.subject for message in mail.outbox] == [f"Quality of {yesterday}: nothing to look at"]


def test_days_without_beat_are_made_up_for_in_their_order(alice: User, yesterday: date) -> None:
    days = [yesterday - timedelta(days=back) for back in (0, 1, 5, BACK - 1, BACK)]
    for day in days:
        answer(alice, at=noon(day))
    ai_quality_report()
    made = QualityReport.objects.order_by("made")
    assert list(made.values_list("day", flat=True)) == sorted(days[:-1])
    assert len(mail.outbox) == 2  # what is older is no news


def test_day_is_reported_when_its_last_commits_are_in(alice: User) -> None:
    midnight = bounds(date(2026, 3, 2))[0].astimezone(UTC)
    answer(alice, at=midnight - timedelta(seconds=1))
    assert making.make_due(midnight + SETTLE - timedelta(seconds=1)) == 0
    assert making.make_due(midnight + SETTLE) == 1
    assert report_of(date(2026, 3, 1)).ends == midnight


def test_stored_figures_and_document_are_those_of_the_day(alice: User, yesterday: date) -> None:
    request = rated_answer(alice, -1, at=noon(yesterday), prompt="chat")
    use(request, cost=Decimal("0.25"))
    ai_quality_report()
    figures = figures_of(*bounds(yesterday))
    rows = QualityDay.objects.filter(day=yesterday)
    assert {Subject(prompt=row.prompt_key, version=row.prompt_version): figures_in(row) for row in rows} == figures
    report = Report.of_json(report_of(yesterday).document)
    assert report.whole == figures_in(whole(yesterday))
    assert (report.day, report.whole.down, report.zone) == (yesterday, 1, "UTC")


def test_today_is_counted_again_at_each_run(alice: User) -> None:
    today = day_of(timezone.now())
    ai_quality_report()
    answer(alice, at=timezone.now())
    ai_quality_report()
    assert whole(today).done == 1
    assert not QualityReport.objects.exists()


class TestWhatComesLate:
    def test_rating_that_is_changed_corrects_its_day(self, alice: User, yesterday: date) -> None:
        request = rated_answer(alice, 1, at=noon(yesterday))
        ai_quality_report()
        a_while_later()
        feedback.give(request, rating=-1)
        ai_quality_report()
        assert (whole(yesterday).up, whole(yesterday).down) == (0, 1)
        row = report_of(yesterday)
        assert row.corrected_at is not None
        assert (row.document["whole"]["up"], row.corrected["whole"]["up"]) == (1, 0)  # type: ignore[index]
        assert len(mail.outbox) == 1

    def test_rating_that_is_taken_back_corrects_its_day(self, alice: User, yesterday: date) -> None:
        request = rated_answer(alice, 1, at=noon(yesterday))
        ai_quality_report()
        a_while_later()
        feedback.take_back(request)
        ai_quality_report()
        assert whole(yesterday).up == 0

    def test_rating_that_is_only_commented_corrects_nothing(self, alice: User, yesterday: date) -> None:
        request = rated_answer(alice, 1, at=noon(yesterday))
        ai_quality_report()
        changes = report_of(yesterday).changes
        AIOutputFeedback.objects.filter(request=request).update(comment="Fine.")
        assert report_of(yesterday).changes == changes

    def test_exact_usage_corrects_the_day_of_its_call(self, alice: User, yesterday: date) -> None:
        request = answer(alice, at=noon(yesterday))
        call = use(request, cost=Decimal(1))
        LLMUsageLog.objects.bulk_create([estimate_of(call, at=noon(yesterday), attempt=2)])
        ai_quality_report()
        a_while_later()
        exact = ClosedCall(
            attempt=2, provider="embedded", model="m", reason="first", outcome="done",
            usage=Usage(input_tokens=10, output_tokens=4), cost_usd=Decimal("0.5"), price=None,
        )  # fmt: skip
        lifecycle.record_late(request, exact)
        ai_quality_report()
        assert (whole(yesterday).cost_usd, whole(yesterday).output_tokens) == (Decimal("0.5"), 4)

    def test_first_count_is_looked_at_once_more_and_says_nothing_if_it_was_right(
        self, alice: User, yesterday: date
    ) -> None:
        """A change that was being committed while the report was made found no report to tell."""
        rated_answer(alice, 1, at=noon(yesterday))
        ai_quality_report()
        a_while_later()
        ai_quality_report()
        assert report_of(yesterday).corrected is None
        assert not QualityReport.objects.outdated().exists()

    def test_change_while_the_day_is_counted_again_is_counted_after(self, alice: User, yesterday: date) -> None:
        first, second = (rated_answer(alice, 1, at=noon(yesterday)) for _ in range(2))
        ai_quality_report()
        a_while_later()
        row = report_of(yesterday)
        feedback.give(first, rating=-1)
        old = making.correct(row)
        feedback.give(second, rating=-1)
        assert old.whole.down == 1
        assert QualityReport.objects.outdated().get() == row
        ai_quality_report()
        assert whole(yesterday).down == 2


def estimate_of(call: LLMUsageLog, *, at: datetime, attempt: int) -> LLMUsageLog:
    return LLMUsageLog(
        reference=call.reference, attempt=attempt, subject=call.subject, scope=call.scope, provider=call.provider,
        prompt_key=call.prompt_key, prompt_version=call.prompt_version, model=call.model, input_tokens=700,
        cache_read_tokens=0, cache_write_tokens=0, output_tokens=41, estimated=True, cost_usd=Decimal(2), created=at,
    )  # fmt: skip


class TestPromptsBelowTheLine:
    def ratings(self, user: User, day: date, *, up: int, down: int) -> None:
        for rating in [1] * up + [-1] * down:
            rated_answer(user, rating, at=noon(day))

    def test_one_review_is_opened_and_the_mail_says_so(self, alice: User, yesterday: date) -> None:
        self.ratings(alice, yesterday, up=15, down=5)
        ai_quality_report()
        review = PromptReview.objects.get()
        assert (str(review), review.day, review.approved, review.ratings) == ("chat@1", yesterday, 15, 20)
        assert mail.outbox[0].subject == f"Quality of {yesterday}: 1 prompt below the line"

    def test_few_ratings_open_nothing(self, alice: User, yesterday: date) -> None:
        self.ratings(alice, yesterday, up=0, down=19)
        ai_quality_report()
        assert not PromptReview.objects.exists()

    def test_few_a_day_are_judged_over_fourteen_days(self, alice: User, yesterday: date) -> None:
        for back in range(4):
            self.ratings(alice, yesterday - timedelta(days=back), up=2, down=3)
        ai_quality_report()
        review = PromptReview.objects.get()
        assert (review.day, review.days, review.approved, review.ratings) == (yesterday, 14, 8, 20)

    def test_open_one_is_not_opened_again(self, alice: User, yesterday: date) -> None:
        for back in (1, 0):
            self.ratings(alice, yesterday - timedelta(days=back), up=0, down=20)
        ai_quality_report()
        assert PromptReview.objects.get().day == yesterday - timedelta(days=1)

    def test_closed_one_is_not_reopened_by_the_ratings_that_opened_it(self, alice: User, yesterday: date) -> None:
        self.ratings(alice, yesterday - timedelta(days=2), up=0, down=30)
        self.ratings(alice, yesterday, up=3, down=1)
        making.make(yesterday - timedelta(days=2))
        PromptReview.objects.update(closed=noon(yesterday - timedelta(days=1)), closed_by=alice, note="Rewritten.")
        ai_quality_report()
        assert PromptReview.objects.count() == 1

    def test_late_ratings_open_one_too(self, alice: User, yesterday: date) -> None:
        self.ratings(alice, yesterday, up=20, down=0)
        ai_quality_report()
        a_while_later()
        for request in AIRequest.objects.all()[:10]:
            feedback.give(request, rating=-1)
        ai_quality_report()
        assert PromptReview.objects.get().approved == 10


class TestMail:
    def test_it_has_text_and_html_and_fetches_nothing(self, alice: User, yesterday: date) -> None:
        answer(alice, at=noon(yesterday))
        ai_quality_report()
        [message] = mail.outbox
        assert message.to == ["olga@example.org", "otto@example.org"]
        assert "Rejected by reviewers" in message.body
        html, kind = message.alternatives[0]  # type: ignore[attr-defined]
        assert kind == "text/html"
        assert "<table" in html
        assert not {"<img", "<script", "url(", "<link"} & set(html.split())

    def test_nobody_to_write_to_marks_nothing(self, alice: User, yesterday: date, settings: Settings) -> None:
        settings.LINTEL_REPORT_MAIL = []
        answer(alice, at=noon(yesterday))
        ai_quality_report()
        assert report_of(yesterday).mailed is None

    def test_without_a_server_nothing_is_marked(self, alice: User, yesterday: date, settings: Settings) -> None:
        settings.EMAIL_BACKEND = NOWHERE
        answer(alice, at=noon(yesterday))
        ai_quality_report()
        assert report_of(yesterday).mailed is None

    def test_failed_mail_is_sent_later(
        self, alice: User, yesterday: date, settings: Settings, caplog: pytest.LogCaptureFixture
    ) -> None:
        settings.EMAIL_BACKEND = f"{__name__}.Broken"
        answer(alice, at=noon(yesterday))
        ai_quality_report()
        assert report_of(yesterday).mailed is None
        assert "SMTPServerDisconnected" in caplog.text
        assert "olga" not in caplog.text
        settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
        assert sending.mail_due() == 1


def test_one_line_with_the_figures(alice: User, yesterday: date, caplog: pytest.LogCaptureFixture) -> None:
    rated_answer(alice, 1, at=noon(yesterday))
    with caplog.at_level("INFO", "requests_app.reports.making"):
        ai_quality_report()
        ai_quality_report()
    assert [record.getMessage() for record in caplog.records if record.name == "requests_app.reports.making"] == [
        f"quality of {yesterday}: 1 done, 0 failed, 0 cancelled, 0 refusals, 1 of 1 ratings good,"
        " 0 prompts below the line, 0 with answers of another length"
    ]
