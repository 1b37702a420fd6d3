"""The sample data that `load_demo` makes: how much there is, and its removal."""

from __future__ import annotations

from dataclasses import dataclass, fields

from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Team
from ai.tracking import LLMUsageLog
from requests_app.errors import RequestError
from requests_app.models import AIOutputFeedback, AIRequest, AIReviewQueue


class SamplesInUse(RequestError):
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
    """Everything at once or nothing; what is gone. Raises SamplesInUse."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT * FROM requests_app_remove_samples()")
            return Samples(**dict(cursor.fetchall()))
    except IntegrityError:
        raise SamplesInUse(_("Something that is no sample points to sample data, so nothing was removed.")) from None
