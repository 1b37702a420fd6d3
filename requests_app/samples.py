"""The sample data that `load_demo` makes: how much there is, and its removal."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, datetime

from django.db import IntegrityError, connection, transaction
from django.db.models import Min, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Team
from ai.tracking import LLMUsageLog
from requests_app import days, tally
from requests_app.models import AIOutputFeedback, AIRequest, AIReviewQueue, QualityReport
from requests_app.reports import making
from requests_app.reports.gather import anything_happened


class SamplesInUse(Exception):
    """Something that people made points to sample data; nothing was removed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """How many of each kind. ``teams`` are the shared ones."""

    requests: int = 0
    calls: int = 0
    reviews: int = 0
    ratings: int = 0
    teams: int = 0
    people: int = 0

    def __bool__(self) -> bool:
        return any(getattr(self, field.name) for field in fields(self))

    @property
    def words(self) -> str:
        told = (
            ngettext("%d request", "%d requests", self.requests) % self.requests,
            ngettext("%d call", "%d calls", self.calls) % self.calls,
            ngettext("%d review", "%d reviews", self.reviews) % self.reviews,
            ngettext("%d rating", "%d ratings", self.ratings) % self.ratings,
            ngettext("%d team", "%d teams", self.teams) % self.teams,
            ngettext("%d person", "%d people", self.people) % self.people,
        )
        *most, last = told
        return _("%(most)s and %(last)s") % {"most": ", ".join(most), "last": last}


def counted() -> Samples:
    marked = Team.objects.filter(sample=True)
    people = marked.exclude(personal_of=None).values("personal_of")
    requests = AIRequest.objects.filter(Q(team__in=marked) | Q(user__in=people))
    return Samples(
        requests=requests.count(),
        calls=LLMUsageLog.objects.filter(reference__in=requests.values("pk")).count(),
        reviews=AIReviewQueue.objects.filter(request__in=requests).count(),
        ratings=AIOutputFeedback.objects.filter(request__in=requests).count(),
        teams=marked.filter(personal_of=None).count(),
        people=people.count(),
    )


def remove() -> Samples:
    """Everything at once or nothing; what is gone. Reports and sums are of people alone again. Raises SamplesInUse."""
    try:
        with transaction.atomic():
            reported, first = _reported(), _first_usage()
            gone = _remove()
            if first is not None:
                list(tally.rebuild(since=days.day_of(first)))  # of those who stay and have asked for sample teams
            for day in sorted(reported - _reported()):
                _report_again(day)
    except IntegrityError:
        raise SamplesInUse(_("Something that is no sample points to sample data, so nothing was removed.")) from None
    return gone


def _reported() -> set[date]:
    return set(QualityReport.objects.values_list("day", flat=True))


def _first_usage() -> datetime | None:
    """Of calls, and of answers that served again without one."""
    teams = Team.objects.filter(sample=True).values("pk")
    called = LLMUsageLog.objects.filter(scope__in=teams).aggregate(first=Min("created"))["first"]
    reusable = AIRequest.objects.filter(team__in=teams).exclude(fingerprint="")
    delivered = reusable.aggregate(first=Min("completed"))["first"]
    return min(filter(None, (called, delivered)), default=None)


def _remove() -> Samples:
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM requests_app_remove_samples()")
        return Samples(**dict(cursor.fetchall()))


def _report_again(day: date) -> None:
    """Of what people did that day, where they did anything."""
    if anything_happened(*days.bounds(day)):
        making.make(day)
