"""Nothing of one owner in another's answers, nor of anybody in the logs."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Glimpse:
    """The marks, or ids, in something that was shown to a user."""

    user: str
    where: str
    marks: Collection[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trespass:
    """A user's attempt on another's request, and the status or the close code that it met; None: no answer."""

    user: str
    where: str
    code: int | None


def everybody_sees_their_own(glimpses: Iterable[Glimpse], owners: Mapping[str, str]) -> Iterator[str]:
    """I11: what was shown to a user is the user's."""
    for glimpse in glimpses:
        for mark in glimpse.marks:
            if owners.get(mark) != glimpse.user:
                yield f"{glimpse.user} was shown {mark} of {owners.get(mark)} by {glimpse.where}"


def strangers_find_nothing(trespasses: Iterable[Trespass]) -> Iterator[str]:
    """I11: another's request is not found, by any door; an outage may be in the way."""
    for trespass in trespasses:
        if trespass.code not in {404, 4404, 503, None}:
            yield f"{trespass.user} met {trespass.code} at {trespass.where}"


def logs_say_nothing(logs: Iterable[tuple[str, str]], secret: re.Pattern[str]) -> Iterator[str]:
    """I11: no log holds a text, of which each has a mark, or a token."""
    for name, text in logs:
        for found in sorted(set(secret.findall(text))):
            yield f"{name} holds {found[:12]}…"
