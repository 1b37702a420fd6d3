"""Fourteen days as they might have been: who asks what and when, and what comes of it. The same for the same seed.

Two things are true of it that the pages of quality should show: ``LOW`` is liked by fewer than four in five, and on
``DRIFT`` before the end the answers of ``LONG`` are twice as long as usual. An outage of one model fills an hour.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from random import Random
from string import Template
from typing import Any
from zoneinfo import ZoneInfo

from config.samples.happenings import ANSWERED, Happening, Judgement, Outcome, Thumb, Verdict

SEED = 20_260_101
DAYS = 14
LOW, LONG = "code_review", "document_summary"
DRIFT, OUTAGE = 3, 6  # working days before the last one

SUPPORT, LEGAL = "Northwind Support", "Northwind Legal"
TEAMS = {SUPPORT: ("nora.sample", "omar.sample", "tom.sample"), LEGAL: ("priya.sample", "nora.sample")}
REVIEWERS = ("priya.sample", "tom.sample")
GUEST = 0.22  # of what is asked is asked by a person of the installation's own, where there is one

# How many a working day; of a day at the weekend an eighth.
DAILY = {
    "document_summary": 23, "ticket_classify": 12, "intent_detection": 4, "sentiment_score": 3,
    "code_review": 3, "contract_analysis": 1.2, "financial_report": 0.5,
}  # fmt: skip
GATED = {"contract_analysis", "financial_report"}
OWED = 2  # the last kept-back answers, which nobody has judged yet
SHORT = {"ticket_classify", "intent_detection", "sentiment_score"}
TOOK_S = {"document_summary": (2.2, 6.5), "code_review": (4.0, 12.0)}
HOURS = {8: 4, 9: 9, 10: 12, 11: 10, 12: 4, 13: 7, 14: 11, 15: 9, 16: 7, 17: 4, 18: 1}
OUTCOMES: Mapping[Outcome, float] = {
    "done": 0.885, "retried": 0.022, "fallback": 0.02, "cut": 0.008, "reasked": 0.008, "refused": 0.014,
    "incomplete": 0.014, "invalid": 0.006, "rejected": 0.005, "stopped": 0.01, "withdrawn": 0.005, "late": 0.003,
}  # fmt: skip
ONLY_SHORT: set[Outcome] = {"reasked", "invalid"}
ONLY_LONG: set[Outcome] = {"cut", "refused", "incomplete", "stopped"}
RATED = {LOW: 0.95, LONG: 0.25}
LIKED = {LOW: 0.62, LONG: 0.93}
VERDICTS: tuple[Verdict, ...] = ("approved", "edited", "rejected")
BEGINNING = re.compile(r"(?:^|(?<=[.!?] ))[a-z]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """The texts of config/demo/history.yaml."""

    words: Mapping[str, Sequence[str]]
    tones: Mapping[str, Sequence[str]]
    prompts: Mapping[str, Mapping[str, Any]]
    comments: Mapping[str, Sequence[str]]
    tags: Mapping[str, Sequence[Sequence[str]]]
    notes: Mapping[str, Sequence[str]]


def days_before(today: date) -> list[date]:
    return [today - timedelta(days=back) for back in range(DAYS, 0, -1)]


def plan(story: Story, days: Sequence[date], zone: ZoneInfo, *, guest: str | None, seed: int = SEED) -> list[Happening]:
    """In the order of time, all of it on these days of that zone."""
    working = [day for day in days if day.weekday() < 5]
    author = _Author(story, Random(seed), zone, guest, drift=working[-1 - DRIFT], outage=working[-1 - OUTAGE])  # noqa: S311
    happenings = sorted((one for day in days for one in author.day(day)), key=lambda one: one.at)
    owed = [one for one in happenings if one.judgement][-OWED:]
    return [replace(one, judgement=None) if one in owed else one for one in happenings]


class _Author:
    def __init__(
        self, story: Story, chance: Random, zone: ZoneInfo, guest: str | None, *, drift: date, outage: date
    ) -> None:
        self._story = story
        self._chance = chance
        self._zone = zone
        self._guest = guest
        self._drift = drift
        self._outage = outage

    def day(self, day: date) -> Iterator[Happening]:
        for prompt, usual in DAILY.items():
            for _one in range(self._count(prompt, usual if day.weekday() < 5 else usual / 8)):
                yield self._happening(prompt, day)

    def _count(self, prompt: str, usual: float) -> int:
        """Whole ones, and one more by chance; of the busiest never too few to compare days by."""
        whole, rest = divmod(usual * self._chance.uniform(1.0 if prompt == LONG else 0.7, 1.3), 1)
        return int(whole) + (self._chance.random() < rest)

    def _happening(self, prompt: str, day: date) -> Happening:
        chance = self._chance
        case = chance.choice(self._story.prompts[prompt]["cases"])
        values = self._values()
        asker, team = self._asker(prompt)
        at = self._moment(day)
        outcome = self._outcome(prompt, at)
        answer = self._answer(prompt, day, case, values)
        answered = outcome in ANSWERED
        return Happening(
            day=day,
            at=at,
            person=asker,
            team=team,
            prompt=prompt,
            payload=self._payload(prompt, case, values),
            answer=answer,
            outcome=outcome,
            took_s=chance.uniform(*TOOK_S.get(prompt, (0.6, 1.9) if prompt in SHORT else (9.0, 28.0))),
            priority=chance.choices(["balanced", "fast", "quality"], [8, 1, 1])[0],
            lane="bulk" if prompt in SHORT and chance.random() < 0.3 else "interactive",
            cached=chance.random() < 0.7,
            asks_again=not answered and outcome not in {"withdrawn", "stopped"} and chance.random() < 0.5,
            thumb=self._thumb(prompt) if answered and prompt not in GATED else None,
            judgement=self._judgement(asker, case, values) if answered and prompt in GATED else None,
        )

    def _values(self) -> dict[str, str]:
        chance = self._chance
        words = {name: chance.choice(list(choices)) for name, choices in self._story.words.items()}
        return {
            **words,
            "n": f"{chance.randint(11, 89) * 100}",
            "m": f"{chance.randint(12, 98)}",
            "k": f"{chance.randint(3, 47)}",
        }

    def _payload(self, prompt: str, case: Mapping[str, Any], values: Mapping[str, str]) -> dict[str, str]:
        told = self._story.prompts[prompt]
        asked = fill(case["ask"], values)
        if prompt in SHORT:
            opening, closing = (
                fill(self._chance.choice(list(self._story.tones[tone])), values) for tone in ("opening", "closing")
            )
            asked = f"{opening}{asked}{closing}"
        return {told["field"]: asked if prompt == LOW else sentences(asked), **told.get("fixed", {})}

    def _answer(self, prompt: str, day: date, case: Mapping[str, Any], values: Mapping[str, str]) -> str:
        """With a word more now and then; on the day of the drift always, and another."""
        parts = [case["answer"]]
        if prompt == LONG and day == self._drift:
            parts += [case["more"], case["answer"]]
        elif "more" in case and self._chance.random() < 0.3:
            parts.append(case["more"])
        answer = fill(("\n\n" if prompt == LOW else " ").join(parts), values)
        return sentences(answer) if prompt == LONG else answer

    def _asker(self, prompt: str) -> tuple[str, str]:
        team = LEGAL if prompt in GATED or self._chance.random() < 0.2 else SUPPORT
        if self._guest and self._chance.random() < GUEST:
            return self._guest, team
        return self._chance.choice(TEAMS[team]), team

    def _moment(self, day: date) -> datetime:
        hour = self._chance.choices(list(HOURS), list(HOURS.values()))[0]
        seconds = self._chance.uniform(0, 3600)
        return datetime.combine(day, time(hour), tzinfo=self._zone) + timedelta(seconds=seconds)

    def _outcome(self, prompt: str, at: datetime) -> Outcome:
        """Most of what is asked while a model is overloaded is answered by another."""
        if at.date() == self._outage and at.hour == 10 and self._chance.random() < 0.7:
            return "fallback"
        outcome = self._chance.choices(list(OUTCOMES), list(OUTCOMES.values()))[0]
        impossible = ONLY_LONG if prompt in SHORT else ONLY_SHORT
        return "done" if outcome in impossible else outcome

    def _thumb(self, prompt: str) -> Thumb | None:
        chance = self._chance
        if chance.random() > RATED.get(prompt, 0.15):
            return None
        up = chance.random() < LIKED.get(prompt, 0.9)
        kind = "up" if up else "down"
        return Thumb(
            up=up,
            after_s=chance.uniform(20, 900),
            comment=chance.choice(list(self._story.comments[kind])),
            tags=tuple(chance.choice(list(self._story.tags[kind]))),
        )

    def _judgement(self, asker: str, case: Mapping[str, Any], values: Mapping[str, str]) -> Judgement:
        chance = self._chance
        verdict: Verdict = chance.choices(VERDICTS, [6, 2, 2])[0]
        return Judgement(
            by=chance.choice([one for one in REVIEWERS if one != asker]),
            verdict=verdict,
            after_s=chance.uniform(8, 110) * 60,
            note=chance.choice(list(self._story.notes.get(verdict, [""]))),
            text=fill(case["edited"], values) if verdict == "edited" else "",
        )


def fill(text: str, values: Mapping[str, str]) -> str:
    return Template(text).safe_substitute(values)


def sentences(text: str) -> str:
    """Begun with capitals, whatever word was put there."""
    return BEGINNING.sub(lambda found: found.group().upper(), text)
