"""The plan of the sample history: the same for the same seed, within its days, and as varied as days are."""

from __future__ import annotations

from collections import Counter
from datetime import date
from zoneinfo import ZoneInfo

import pytest
import yaml

from ai.quality import LEAST_ANSWERS, LEAST_APPROVAL, LEAST_RATINGS
from config.samples.happenings import ANSWERED, Happening
from config.samples.making import CATALOGUE, priced_catalogue
from config.samples.plan import DAYS, GATED, LONG, LOW, OUTCOMES, TEAMS, days_before, plan
from config.samples.story import read_story

TODAYS = [date(2026, 11, day) for day in range(16, 23)]  # every day of a week
UTC = ZoneInfo("UTC")


def history(today: date = TODAYS[0], zone: ZoneInfo = UTC, guest: str | None = "demo") -> list[Happening]:
    return plan(read_story(), days_before(today), zone, guest=guest)


def test_the_same_seed_is_the_same_history() -> None:
    assert history() == history()


@pytest.mark.parametrize("today", TODAYS)
def test_it_is_of_the_fourteen_days_before(today: date) -> None:
    happenings = history(today)
    assert 300 <= len(happenings) <= 600
    assert {one.at.date() for one in happenings} == set(days_before(today))
    assert len(days_before(today)) == DAYS
    assert happenings == sorted(happenings, key=lambda one: one.at)


def test_days_are_those_of_the_zone() -> None:
    zone = ZoneInfo("Pacific/Auckland")
    assert {one.at.astimezone(zone).date() for one in history(zone=zone)} == set(days_before(TODAYS[0]))


@pytest.mark.parametrize("today", TODAYS)
def test_weekends_are_quiet(today: date) -> None:
    counts = Counter(one.day for one in history(today))
    weekend = [count for day, count in counts.items() if day.weekday() >= 5]
    assert max(weekend) * 3 < min(count for day, count in counts.items() if day.weekday() < 5)


@pytest.mark.parametrize("today", TODAYS)
def test_one_prompt_is_liked_by_fewer_than_the_line(today: date) -> None:
    thumbs = [one.thumb.up for one in history(today) if one.thumb and one.prompt == LOW]
    assert len(thumbs) >= LEAST_RATINGS
    assert sum(thumbs) / len(thumbs) < LEAST_APPROVAL


@pytest.mark.parametrize("today", TODAYS)
def test_one_day_has_long_answers_among_enough_to_compare(today: date) -> None:
    answers: dict[date, list[int]] = {}
    for one in history(today):
        if one.prompt == LONG and one.outcome in ANSWERED:
            answers.setdefault(one.day, []).append(len(one.answer))
    working = {day: sorted(lengths)[len(lengths) // 2] for day, lengths in answers.items() if day.weekday() < 5}
    assert all(len(answers[day]) >= LEAST_ANSWERS for day in working)
    usual, longest = sorted(working.values())[-2:]
    assert longest > 1.5 * usual


def test_everything_happens_to_somebody() -> None:
    happenings = [one for today in TODAYS for one in history(today)]
    assert {one.outcome for one in happenings} == set(OUTCOMES)
    assert {one.judgement.verdict for one in happenings if one.judgement} == {"approved", "edited", "rejected"}
    assert {one.person for one in happenings} == {"demo", *(each for team in TEAMS.values() for each in team)}


def test_nobody_judges_their_own() -> None:
    judged = [one for one in history() if one.judgement]
    assert judged
    assert all(one.judgement and one.judgement.by != one.person and one.prompt in GATED for one in judged)


def test_texts_differ() -> None:
    asked = Counter(str(one.payload) for one in history())
    assert len(asked) > 0.9 * asked.total()


def test_nothing_but_prices_is_added_to_the_catalogue() -> None:
    shipped, told = yaml.safe_load(CATALOGUE.read_text()), yaml.safe_load(priced_catalogue())
    told["providers"]["openai"].pop("price_source")
    assert told == shipped
