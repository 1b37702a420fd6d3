"""What is not judged in time is announced once and mailed once, to those who may judge."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from requests_app import review
from requests_app.mail import NOWHERE
from requests_app.models import AIReviewQueue
from requests_app.review_mail import mail_overdue
from requests_app.signals import ReviewOverdue, review_overdue
from requests_app.sweep import sweep
from requests_app.tasks import mail_overdue_reviews
from tests.integration.requests_app.test_review import ANSWER, answer, ask, ask_for_approval, steps


class Broken(BaseEmailBackend):
    def send_messages(self, messages: Any) -> int:
        raise smtplib.SMTPServerDisconnected("bob@example.org was refused")


@pytest.fixture
def late(alice: User, bob: User) -> AIReviewQueue:
    """alice's answer, which bob should have judged."""
    reviewer(bob)
    return overdue(AIReviewQueue.objects.get(request=answer(ask(alice))))


@pytest.fixture
def heard() -> Iterator[list[ReviewOverdue]]:
    facts_heard: list[ReviewOverdue] = []

    def listen(facts: ReviewOverdue, **_: object) -> None:
        facts_heard.append(facts)

    review_overdue.connect(listen, weak=False, dispatch_uid="test")
    yield facts_heard
    review_overdue.disconnect(dispatch_uid="test")


def reviewer(user: User) -> None:
    User.objects.filter(pk=user.pk).update(email=f"{user.username}@example.org")
    user.user_permissions.add(Permission.objects.get(codename="decide_review"))


def overdue(item: AIReviewQueue) -> AIReviewQueue:
    AIReviewQueue.objects.filter(pk=item.pk).update(due=timezone.now() - timedelta(hours=1))
    return item


def test_it_is_mailed_once_and_without_its_text(late: AIReviewQueue) -> None:
    for _again in range(3):
        mail_overdue_reviews()
    [message] = mail.outbox
    assert (message.subject, message.to, message.bcc) == ("An answer is overdue for review", [], ["bob@example.org"])
    assert "document_summary@" in message.body
    assert str(late.pk) in message.body
    for private in (ANSWER, "alice", str(late.request_id)):
        assert private not in message.body


def test_many_are_one_mail(late: AIReviewQueue, alice: User) -> None:
    overdue(answer(ask(alice)).review)
    assert mail_overdue() == 2
    assert [message.subject for message in mail.outbox] == ["2 answers are overdue for review"]


def test_what_is_in_time_or_judged_is_told_to_nobody(late: AIReviewQueue, alice: User, bob: User) -> None:
    answer(ask(alice))
    review.take(bob, late.pk)
    review.approve(bob, late.pk)
    assert mail_overdue() == 0


def test_nobody_who_may_judge_is_no_mail(late: AIReviewQueue, bob: User) -> None:
    bob.user_permissions.clear()
    assert mail_overdue() == 0
    reviewer(bob)
    assert mail_overdue() == 1, "whoever may later is told then"


def test_failed_mail_is_sent_later(late: AIReviewQueue, settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.Broken"
    assert mail_overdue() == 0
    assert "SMTPServerDisconnected" in caplog.text
    assert "bob" not in caplog.text
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert mail_overdue() == 1


def test_without_a_server_nothing_is_marked(late: AIReviewQueue, settings: Settings) -> None:
    settings.EMAIL_BACKEND = NOWHERE
    assert mail_overdue() == 0
    late.refresh_from_db()
    assert late.overdue_mailed is None


def test_announced_once_also_where_a_person_escalated_it(
    late: AIReviewQueue, bob: User, heard: list[ReviewOverdue], django_capture_on_commit_callbacks: Any
) -> None:
    review.take(bob, late.pk)
    review.escalate(bob, late.pk, "a lawyer")
    with django_capture_on_commit_callbacks(execute=True):
        for _again in range(3):
            sweep()
    assert [(facts.item_id, facts.prompt_key, facts.kind) for facts in heard] == [(late.pk, "document_summary", "gate")]
    assert steps(late) == ["queued", "claimed", "escalated", "escalated"]


@pytest.mark.usefixtures("committed")
def test_several_at_once_tell_it_once() -> None:
    alice, bob = User.objects.create_user("alice"), User.objects.create_user("bob")
    reviewer(bob)
    for _each in range(4):
        overdue(answer(ask_for_approval(alice)).review)

    def tell(_number: int) -> tuple[int, int]:
        try:
            return review.hurry_overdue(), mail_overdue()
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as threads:
        told = list(threads.map(tell, range(18)))
    assert [sum(each) for each in zip(*told, strict=True)] == [4, 4]
    assert sum(str(item.pk) in message.body for item in AIReviewQueue.objects.all() for message in mail.outbox) == 4
