"""The requests behind a figure of the Quality page: one's own, and for those who may look at requests, all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from requests_app.days import bounds
from requests_app.models import AIRequest, Rating, ReviewVerdict, Status
from requests_app.pages.wording import failure, seconds
from requests_app.reports.wording import count

MAY_LOOK = "requests_app.view_airequest"
MOST = 100
KINDS: Mapping[str, str | Promise] = {
    "failed": gettext_lazy("Failed requests"),
    "refused": gettext_lazy("Refused requests"),
    "down": gettext_lazy("Answers rated not good"),
    "overruled": gettext_lazy("Answers that reviewers changed or rejected"),
    "cancelled": gettext_lazy("Cancelled requests"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    id: UUID
    prompt: str
    state: str
    label: str
    why: str
    ended: datetime | None
    took: str
    length: str
    url: str


class Behind:
    """``what`` is one of KINDS, or failed; raises ValueError for anything else, and for days that are none."""

    def __init__(self, user: User, asked: QueryDict, *, today: date) -> None:
        self._user = user
        self.what = asked.get("what", "failed")
        if self.what not in KINDS or any("\0" in value for value in asked.values()):
            raise ValueError
        self.since, self.until = (date.fromisoformat(asked.get(name, str(today))) for name in ("since", "until"))
        if not all(2000 <= day.year <= 9000 for day in (self.since, self.until)):
            raise ValueError
        self.prompt, self.version, self.code = (asked.get(name, "") for name in ("prompt", "version", "code"))
        self._between = bounds(self.since)[0], bounds(self.until)[1]

    @property
    def title(self) -> str:
        return str(KINDS[self.what])

    @property
    def narrowed(self) -> list[str]:
        """What else the list is narrowed to, in words."""
        subject = f"{self.prompt}@{self.version}" if self.version else self.prompt
        return [words for words in (subject, failure(self.code).rstrip(".")) if words]

    @property
    def sees_all(self) -> bool:
        return self._user.is_staff and self._user.has_perm(MAY_LOOK)

    @cached_property
    def rows(self) -> list[Listed]:
        return list(self._listed())

    @property
    def full(self) -> bool:
        return len(self.rows) == MOST

    def _listed(self) -> Iterator[Listed]:
        found = self._found().without_texts().order_by("-completed", "-pk")[:MOST]  # type: ignore[attr-defined]
        for row in found:
            yield Listed(
                id=row.pk,
                prompt=f"{row.prompt_key}@{row.prompt_version}",
                state=row.status,
                label=row.get_status_display(),
                why=failure(row.error_code).rstrip(".") if row.error_code else "",
                ended=row.completed,
                took=seconds(row.completed - row.created) if row.completed else "",
                length=count(row.answer_length) if row.answer_length is not None else "",
                url=self._url(row),
            )

    def _found(self) -> QuerySet[AIRequest]:
        rows = AIRequest.objects.all() if self.sees_all else AIRequest.objects.owned_by(self._user)
        names = {"prompt_key": self.prompt, "prompt_version": self.version, "error_code": self.code}
        return rows.filter(self._kind(), **{name: value for name, value in names.items() if value})

    def _kind(self) -> Q:
        starts, ends = self._between
        ended = Q(completed__gte=starts, completed__lt=ends)
        return {
            "failed": ended & Q(status__in=[Status.FAILED, Status.EXPIRED]),
            "refused": ended & Q(refused=True),
            "cancelled": ended & Q(status=Status.CANCELLED),
            "down": Q(feedback__rating=Rating.DOWN, feedback__created__gte=starts, feedback__created__lt=ends),
            "overruled": Q(
                review__verdict__in=[ReviewVerdict.EDITED, ReviewVerdict.REJECTED],
                review__closed__gte=starts, review__closed__lt=ends,
            ),
        }[self.what]  # fmt: skip

    def _url(self, row: AIRequest) -> str:
        """Their own page where it is theirs; what others asked is looked at in the admin, where looks are noted."""
        if row.user_id == self._user.pk and row.deleted_at is None:
            return reverse("request", args=[row.pk])
        try:
            return reverse("admin:requests_app_airequest_change", args=[row.pk])
        except NoReverseMatch:
            return ""

    @property
    def days(self) -> str:
        if self.since == self.until:
            return str(self.since)
        return _("%(since)s to %(until)s") % {"since": self.since, "until": self.until}
