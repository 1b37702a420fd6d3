"""A rule that is reached is announced once a day, to those whom it names."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connections, transaction
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Team
from ai.models import LLMUsageLog
from requests_app.alert_mail import mail_alerts
from requests_app.alerts import check
from requests_app.mail import NOWHERE
from requests_app.models import CostAlert, CostAlertDay
from requests_app.signals import CostReached, cost_reached
from requests_app.tally import count_all
from requests_app.tasks import mail_budgets
from tests.integration.requests_app.test_tally import used


class Broken(BaseEmailBackend):
    def send_messages(self, messages: Any) -> int:
        raise smtplib.SMTPServerDisconnected("alice@example.org was refused")


@pytest.fixture
def heard() -> Iterator[list[CostReached]]:
    facts: list[CostReached] = []

    def listen(facts_: CostReached | None = None, **named: Any) -> None:
        facts.append(facts_ or named["facts"])

    cost_reached.connect(listen, weak=False, dispatch_uid="test")
    yield facts
    cost_reached.disconnect(dispatch_uid="test")


def rule(limit: str = "1", **changes: Any) -> CostAlert:
    fields = {"name": "Watch", "limit_usd": Decimal(limit), "emails": ["ops@example.org"], **changes}
    return CostAlert.objects.create(**fields)


def spend(amount: str, **changes: Any) -> LLMUsageLog:
    row = used(cost_usd=Decimal(amount), created=timezone.now(), **changes)
    count_all()
    return row


@pytest.mark.django_db
def test_rule_is_announced_when_it_is_reached_and_once(
    heard: list[CostReached], django_capture_on_commit_callbacks: Any
) -> None:
    watch = rule()
    with django_capture_on_commit_callbacks(execute=True):
        spend("0.9")
        assert not CostAlertDay.objects.exists()
        spend("0.1")
        spend("5")
    reached = CostAlertDay.objects.get()
    assert (reached.alert, reached.cost_usd, reached.limit_usd) == (watch, Decimal(1), Decimal(1))
    assert [(facts.alert_id, facts.cost_usd) for facts in heard] == [(watch.pk, Decimal(1))]


def test_rules_look_at_their_own_prompt_and_team(db: None) -> None:
    team, other = (Team.objects.create(name=name) for name in ("Harbour", "Town"))
    hit = {rule(name="both", prompt_key="letter", team=team).name, rule(name="team", team=team).name}
    rule(name="other prompt", prompt_key="summary")
    rule(name="other team", team=other)
    rule(name="off", active=False)
    rule(name="high", limit="3")
    spend("2", scope=team.pk, prompt_key="letter")
    assert {day.alert.name for day in CostAlertDay.objects.all()} == hit


@pytest.mark.django_db
def test_late_event_of_yesterday_is_told_and_older_ones_are_not() -> None:
    watch = rule()
    CostAlert.objects.filter(pk=watch.pk).update(created=timezone.now() - timedelta(days=9))
    for days in (1, 2):
        used(cost_usd=Decimal(2), created=timezone.now() - timedelta(days=days))
    count_all()
    assert [day.day for day in CostAlertDay.objects.all()] == [(timezone.now() - timedelta(days=1)).date()]


@pytest.mark.django_db
def test_rule_says_nothing_of_days_before_it() -> None:
    used(cost_usd=Decimal(2), created=timezone.now() - timedelta(days=1))
    rule()
    count_all()
    assert not CostAlertDay.objects.exists()


def test_three_who_look_at_once_announce_once(committed: None) -> None:
    spend("2")
    rule()
    with ThreadPoolExecutor(3) as pool:
        assert sum(pool.map(lambda _n: look(), range(3))) == 1
    assert CostAlertDay.objects.count() == 1
    with ThreadPoolExecutor(3) as pool:
        assert sum(pool.map(lambda _n: look(mail_alerts), range(3))) == 1
    assert [message.to for message in mail.outbox] == [["ops@example.org"]]


def look(function: Any = check) -> int:
    try:
        with transaction.atomic():
            return int(function())
    finally:
        connections.close_all()


@pytest.mark.django_db
def test_mail_names_the_rule_and_is_sent_once() -> None:
    rule(name="Watch\r\nBcc: x", prompt_key="summary")
    spend("2.5")
    for _again in range(3):
        mail_budgets()
    [message] = mail.outbox
    assert message.subject == "Cost alert Watch Bcc: x: $1 a day reached"
    assert "of summary, for everybody, has reached $2.5" in message.body


@pytest.mark.django_db
def test_mail_that_was_not_sent_is_tried_again(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    rule()
    spend("2")
    backend, settings.EMAIL_BACKEND = settings.EMAIL_BACKEND, f"{__name__}.Broken"
    assert mail_alerts() == 0
    assert "example.org" not in caplog.text
    settings.EMAIL_BACKEND = NOWHERE
    assert mail_alerts() == 0
    settings.EMAIL_BACKEND = backend
    assert (mail_alerts(), mail_alerts()) == (1, 0)


@pytest.mark.django_db
def test_rule_without_addresses_sends_nothing() -> None:
    rule(emails=[])
    spend("2")
    assert mail_alerts() == 0
    assert CostAlertDay.objects.count() == 1
