"""A user's last requests, one line each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Func, TextField
from django.urls import reverse

from accounts.models import User
from requests_app.models import FINAL, AIRequest, Status
from requests_app.pages.wording import ago, title_of

SHOWN = 6


class Excerpt(Func):
    """The beginning of the longest value, cut in the database: payloads may be large."""

    template = "(SELECT left(value, 160) FROM jsonb_each_text(%(expressions)s) ORDER BY length(value) DESC LIMIT 1)"
    output_field = TextField()


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    pk: UUID
    status: str
    prompt_key: str
    created: datetime
    excerpt: str | None

    @property
    def url(self) -> str:
        return reverse("request", args=[self.pk])

    @property
    def title(self) -> str:
        return title_of(self.prompt_key)

    @property
    def status_label(self) -> str:
        return str(Status(self.status).label)

    @property
    def age(self) -> str:
        return ago(self.created)

    @property
    def running(self) -> bool:
        return self.status not in FINAL


def recent_rows(user: User) -> list[Row]:
    newest = AIRequest.objects.owned_by(user).order_by("-created", "-id")[:SHOWN]
    return [Row(**row) for row in newest.values("pk", "status", "prompt_key", "created", excerpt=Excerpt("payload"))]
