"""Requests as lines of a list."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import F, Func, QuerySet, TextField
from django.urls import reverse
from django.utils.translation import gettext as _

from requests_app import freshness
from requests_app.deletion import KEPT
from requests_app.models import AIRequest, Status
from requests_app.pages.facts import Cost, cost_of
from requests_app.pages.place import place_words
from requests_app.pages.wording import ago, failure, seconds, title_of
from requests_app.waiting import queues_ahead

COLUMNS = (
    "status", "prompt_key", "prompt_version", "model", "model_asked", "cancel_requested_at", "error_code",
    "input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens", "usage_estimated", "cost_usd",
    "created", "completed",
)  # fmt: skip


class Excerpt(Func):
    """The beginning of the longest value, cut in the database: payloads may be large."""

    template = "(SELECT left(value, 160) FROM jsonb_each_text(%(expressions)s) ORDER BY length(value) DESC LIMIT 1)"
    output_field = TextField()


def with_excerpts(requests: QuerySet[AIRequest]) -> QuerySet[AIRequest]:
    """What rows show, and nothing long."""
    excerpts = requests.only(*COLUMNS).annotate(excerpt=Excerpt("payload"), sample=F("team__sample"))
    return excerpts.annotate(has_stale_sources=freshness.has_stale_sources())


def with_times(requests: QuerySet[AIRequest]) -> QuerySet[AIRequest]:
    """What is shown of deleted ones."""
    return requests.only("status", "prompt_key", "prompt_version", "created", "deleted_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line about a request that ``with_excerpts`` has read; ``ahead`` begin before it, where it waits."""

    request: AIRequest
    ahead: int | None = None

    @property
    def pk(self) -> UUID:
        return self.request.pk

    @property
    def url(self) -> str:
        return reverse("request", args=[self.pk])

    @property
    def title(self) -> str:
        return title_of(self.request.prompt_key)

    @property
    def prompt(self) -> str:
        return f"{self.request.prompt_key}@{self.request.prompt_version}"

    @property
    def excerpt(self) -> str:
        return getattr(self.request, "excerpt", None) or ""

    @property
    def sample(self) -> bool:
        return bool(getattr(self.request, "sample", False))

    @property
    def stale(self) -> bool:
        """Whether a document that its answer cites has changed since."""
        return self.request.status == Status.DONE and bool(getattr(self.request, "has_stale_sources", False))

    @property
    def status(self) -> str:
        return self.request.status

    @property
    def status_label(self) -> str:
        return _("stopping") if self.stopping else self.request.get_status_display()

    @property
    def place(self) -> str:
        return place_words(self.ahead)

    @property
    def stopping(self) -> bool:
        return self.unfinished and self.request.cancel_requested_at is not None

    @property
    def unfinished(self) -> bool:
        return not self.request.final

    @property
    def why(self) -> str:
        """Why it failed, in a sentence."""
        return failure(self.request.error_code) if self.request.error_code else ""

    @property
    def model(self) -> str:
        return self.request.model or self.request.model_asked

    @property
    def tokens(self) -> tuple[str, str] | None:
        """In and out; None where nothing was called, or nothing is counted yet."""
        request = self.request
        if request.output_tokens is None or not request.model:
            return None
        sent = sum(each or 0 for each in (request.input_tokens, request.cache_read_tokens, request.cache_write_tokens))
        return f"{sent:,}", f"{request.output_tokens:,}"

    @property
    def cost(self) -> Cost | None:
        return None if self.unfinished else cost_of(self.request)

    @property
    def took(self) -> str:
        return seconds(self.request.completed - self.created) if self.request.completed else ""

    @property
    def created(self) -> datetime:
        return self.request.created

    @property
    def age(self) -> str:
        return ago(self.created)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletedRow:
    """One line about a request that was deleted and can still be restored."""

    request: AIRequest

    @property
    def pk(self) -> UUID:
        return self.request.pk

    @property
    def title(self) -> str:
        return title_of(self.request.prompt_key)

    @property
    def prompt(self) -> str:
        return f"{self.request.prompt_key}@{self.request.prompt_version}"

    @property
    def created(self) -> datetime:
        return self.request.created

    @property
    def deleted(self) -> datetime:
        assert self.request.deleted_at is not None  # noqa: S101 - the list has no others
        return self.request.deleted_at

    @property
    def until(self) -> datetime:
        """It is erased by the first sweep after this moment."""
        return self.deleted + KEPT


def rows_of(requests: Iterable[AIRequest]) -> list[Row]:
    found = list(requests)
    ahead = queues_ahead(found)
    return [Row(request=request, ahead=ahead.get(request.pk)) for request in found]
