"""Which rows of a list are wanted: of requests one set of filters for the API and for the History page."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import django_filters
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django_filters.fields import IsoDateTimeField, MultipleChoiceField

from requests_app import freshness
from requests_app.models import AIRequest, ReviewKind, Status
from requests_app.models.review import AIReviewQueueQuerySet


class InstantField(IsoDateTimeField):  # type: ignore[misc]  # the library is untyped
    """A moment that UTC can name: an offset can carry a time out of the calendar."""

    def clean(self, value: str) -> datetime | None:
        moment: datetime | None = super().clean(value)
        try:
            return moment and moment.astimezone(UTC)
        except OverflowError:
            raise ValidationError("is out of range", code="invalid") from None


class InstantFilter(django_filters.IsoDateTimeFilter):  # type: ignore[misc]  # the library is untyped
    field_class = InstantField


class AnyOfField(MultipleChoiceField):  # type: ignore[misc]  # the library is untyped
    """A choice that may be named several times; left empty it filters nothing, as with all others."""

    def clean(self, value: list[str]) -> Any:
        return super().clean([each for each in value if each])


class AnyOfFilter(django_filters.MultipleChoiceFilter):  # type: ignore[misc]  # the library is untyped
    field_class = AnyOfField


class RequestFilter(django_filters.FilterSet):  # type: ignore[misc]  # the library is untyped
    status = AnyOfFilter(choices=Status.choices, distinct=False)
    prompt_key = django_filters.CharFilter(max_length=100)
    model = django_filters.CharFilter(max_length=200)
    object_id = django_filters.CharFilter(max_length=200)
    created_after = InstantFilter(field_name="created", lookup_expr="gt")
    created_before = InstantFilter(field_name="created", lookup_expr="lt")
    stale_sources = django_filters.ChoiceFilter(choices=[("yes", _("Documents changed since"))], method="with_stale")

    def with_stale(self, requests: QuerySet[AIRequest], _name: str, _yes: str) -> QuerySet[AIRequest]:
        return freshness.stale(requests)


class ReviewFilter(django_filters.FilterSet):  # type: ignore[misc]  # the library is untyped
    """Of answers that wait for a verdict."""

    state = django_filters.ChoiceFilter(
        choices=[("open", _("waiting")), ("mine", _("in my hands")), ("overdue", _("overdue"))], method="in_state"
    )
    kind = django_filters.ChoiceFilter(choices=ReviewKind.choices)

    def in_state(self, rows: AIReviewQueueQuerySet, _name: str, state: str) -> AIReviewQueueQuerySet:
        if state == "mine":
            return rows.held_by(self.request.user)
        return rows.overdue() if state == "overdue" else rows
