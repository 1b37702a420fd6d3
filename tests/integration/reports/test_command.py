"""`manage.py ai_quality_report`: what it prints, what it leaves alone, and what its exit code says."""

from __future__ import annotations

import io
import json
from datetime import date, timedelta

import pytest
from django.core import mail
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from requests_app.days import bounds, day_of
from requests_app.management.commands.ai_quality_report import Command
from requests_app.models import QualityDay, QualityReport
from tests.integration.reports.simulated import answer, rated_answer

DAY = date(2026, 3, 1)
NOON = bounds(DAY)[0] + timedelta(hours=12)


def printed(*words: str) -> str:
    out = io.StringIO()
    call_command("ai_quality_report", *words, stdout=out)
    return out.getvalue()


def test_a_day_that_is_missing_is_made(alice: User) -> None:
    answer(alice, at=NOON)
    text = printed("--date", str(DAY))
    assert text.startswith(f"Quality of {DAY}: nothing to look at\nDays are those of UTC.\n")
    assert QualityReport.objects.get().day == DAY


def test_json_is_what_is_stored(alice: User) -> None:
    answer(alice, at=NOON)
    assert json.loads(printed("--date", str(DAY), "--json")) == QualityReport.objects.get().document


def test_printing_changes_nothing_that_is_there(alice: User) -> None:
    answer(alice, at=NOON)
    printed("--date", str(DAY))
    before = list(QualityReport.objects.values()), list(QualityDay.objects.values())
    answer(alice, at=NOON)
    printed("--date", str(DAY))
    assert (list(QualityReport.objects.values()), list(QualityDay.objects.values())) == before
    document = json.loads(printed("--date", str(DAY), "--json", "--again"))
    assert document["whole"]["done"] == 2
    assert json.loads(printed("--date", str(DAY), "--json")) == document


def test_yesterday_is_meant_where_nothing_is_said_and_is_mailed(alice: User, settings: Settings) -> None:
    settings.LINTEL_REPORT_MAIL = ["olga@example.org"]
    yesterday = day_of(timezone.now()) - timedelta(days=1)
    answer(alice, at=bounds(yesterday)[0])
    for _again in range(2):
        assert str(yesterday) in printed()
    assert len(mail.outbox) == 1


def test_today_is_shown_and_not_stored(alice: User) -> None:
    today = day_of(timezone.now())
    answer(alice, at=timezone.now())
    document = json.loads(printed("--date", str(today), "--json"))
    assert document["whole"]["done"] == 1
    assert not QualityReport.objects.exists()
    assert not QualityDay.objects.exists()


def test_a_prompt_below_the_line_ends_with_1(alice: User) -> None:
    for _each in range(20):
        rated_answer(alice, -1, at=NOON)
    with pytest.raises(SystemExit) as ended:
        printed("--date", str(DAY))
    assert ended.value.code == 1


@pytest.mark.django_db
def test_tomorrow_is_refused_with_2() -> None:
    with pytest.raises(CommandError) as refused:
        printed("--date", str(day_of(timezone.now()) + timedelta(days=1)))
    assert refused.value.returncode == 2


@pytest.mark.parametrize("words", [["--date", "yesterday"], ["--nothing"]])
def test_wrong_words_are_refused_with_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        Command().run_from_argv(["manage.py", "ai_quality_report", *words])
    assert ended.value.code == 2
