"""Whoever may do something about it hears of a nearly used budget: once for each window and step."""

from __future__ import annotations

import smtplib
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection, transaction
from pytest_django import Settings

from accounts.models import Membership, Team, User
from requests_app import ledger
from requests_app.budget_mail import mail_due
from requests_app.budgets import Amount
from requests_app.mail import NOWHERE
from requests_app.models import AIRequest, BudgetWindow, TokenBudget
from requests_app.signals import BudgetReached, budget_reached
from requests_app.tasks import mail_budgets

LATER = datetime(2100, 1, 1, tzinfo=UTC)


class Broken(BaseEmailBackend):
    def send_messages(self, messages: Any) -> int:
        raise smtplib.SMTPServerDisconnected("alice@example.org was refused")


@pytest.fixture
def budget(alice: User) -> TokenBudget:
    return budget_of(alice)


@pytest.fixture
def heard() -> Iterator[list[int]]:
    steps: list[int] = []

    def listen(facts: BudgetReached, **_: object) -> None:
        steps.append(facts.percent)

    budget_reached.connect(listen, weak=False, dispatch_uid="test")
    yield steps
    budget_reached.disconnect(dispatch_uid="test")


def budget_of(user: User) -> TokenBudget:
    User.objects.filter(pk=user.pk).update(email=f"{user.username}@example.org")
    return TokenBudget.objects.create(user=user, limit=Decimal(1000))


def spend(user: User, tokens: int, team: Team | None = None) -> None:
    request = AIRequest(user=user, team=team or user.personal_team, deadline=LATER)
    ledger.hold(request, Amount(tokens=tokens))
    ledger.book(request.pk, Amount(tokens=tokens))
    ledger.close(request.pk)


def subjects() -> list[str]:
    return [str(message.subject) for message in mail.outbox]


def test_each_step_is_one_mail_however_often_it_is_looked(alice: User, budget: TokenBudget) -> None:
    spend(alice, 799)
    assert mail_due() == 0
    spend(alice, 1)
    for _again in range(3):
        mail_budgets()
    assert subjects() == ["80 % of your budget for the day are used"]
    spend(alice, 200)
    for _again in range(3):
        mail_due()
    assert subjects()[1:] == ["100 % of your budget for the day are used"]
    assert [message.to for message in mail.outbox] == [["alice@example.org"]] * 2
    assert "800 tokens of 1,000 tokens are used." in mail.outbox[0].body


def test_both_steps_at_once_are_one_mail(alice: User, budget: TokenBudget) -> None:
    spend(alice, 1000)
    assert mail_due() == 1
    assert subjects() == ["100 % of your budget for the day are used"]


def test_owners_hear_of_their_teams_budget(alice: User, bob: User, mallory: User) -> None:
    team = Team.objects.create(name="Harbour\nmasters")
    for user, role in ((alice, "owner"), (bob, "member"), (mallory, "owner")):
        User.objects.filter(pk=user.pk).update(email=f"{user.username}@example.org", is_active=user != mallory)
        Membership.objects.create(team=team, user=user, role=role)
    TokenBudget.objects.create(team=team, measure="tokens", period="month", limit=Decimal(10))
    spend(bob, 8, team)
    assert mail_due() == 1
    assert subjects() == ["80 % of the budget of team Harbour masters for the month are used"]
    assert mail.outbox[0].to == ["alice@example.org"]


def test_nobody_to_write_to_is_no_mail(alice: User, budget: TokenBudget) -> None:
    User.objects.update(email="")
    spend(alice, 900)
    assert mail_due() == 0
    User.objects.update(email="late@example.org")
    assert mail_due() == 0


def test_failed_mail_is_sent_later(
    alice: User, budget: TokenBudget, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    spend(alice, 900)
    settings.EMAIL_BACKEND = f"{__name__}.Broken"
    assert mail_due() == 0
    assert "SMTPServerDisconnected" in caplog.text
    assert "alice" not in caplog.text
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert mail_due() == 1


def test_without_a_server_nothing_is_marked(alice: User, budget: TokenBudget, settings: Settings) -> None:
    settings.EMAIL_BACKEND = NOWHERE
    spend(alice, 900)
    assert mail_due() == 0
    assert BudgetWindow.objects.get(budget=budget).mailed == 0


def test_window_that_is_over_is_nobodys_news(alice: User, budget: TokenBudget) -> None:
    spend(alice, 900)
    BudgetWindow.objects.update(ends=datetime(2026, 1, 2, tzinfo=UTC), starts=datetime(2026, 1, 1, tzinfo=UTC))
    assert mail_due() == 0


def test_many_at_once_send_one(committed: None, heard: list[int]) -> None:
    alice = User.objects.create_user("alice")
    budget_of(alice)
    spend(alice, 900)
    with ThreadPoolExecutor(4) as threads:
        with transaction.atomic():
            BudgetWindow.objects.select_for_update().get()
            looks = [threads.submit(_look) for _ in range(4)]
            _wait_for_waiters(4)  # each has seen that mail is due
        assert sum(look.result() for look in looks) == 1
    assert len(mail.outbox) == 1
    assert heard == [80]


def _wait_for_waiters(count: int) -> None:
    with connection.cursor() as cursor:
        for _ in range(1000):
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0] == count:
                return
            time.sleep(0.01)
    raise AssertionError("nobody waits")


def _look() -> int:
    try:
        return mail_due()
    finally:
        connection.close()
