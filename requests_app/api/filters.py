from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import QuerySet
from django_filters import rest_framework as filters
from django_filters.fields import IsoDateTimeField
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.views import APIView

from requests_app.api.paging import NewestFirst
from requests_app.models import AIRequest, Status


class InstantField(IsoDateTimeField):  # type: ignore[misc]  # the library is untyped
    """A moment that UTC can name: an offset can carry a time out of the calendar."""

    def clean(self, value: str) -> datetime | None:
        moment: datetime | None = super().clean(value)
        try:
            return moment and moment.astimezone(UTC)
        except OverflowError:
            raise DjangoValidationError("is out of range", code="invalid") from None


class InstantFilter(filters.IsoDateTimeFilter):  # type: ignore[misc]  # the library is untyped
    field_class = InstantField


class RequestFilter(filters.FilterSet):  # type: ignore[misc]  # the library is untyped
    status = filters.ChoiceFilter(choices=Status.choices)
    prompt_key = filters.CharFilter(max_length=100)
    object_id = filters.CharFilter(max_length=200)
    created_after = InstantFilter(field_name="created", lookup_expr="gt")


class KnownParameters(filters.DjangoFilterBackend):  # type: ignore[misc]  # the library is untyped
    """A misspelt filter is refused: silently it would show everything."""

    def filter_queryset(self, request: Request, queryset: QuerySet[AIRequest], view: APIView) -> Any:
        known = {*RequestFilter.base_filters, NewestFirst.param}
        unknown = sorted(set(request.query_params) - known)
        if unknown:
            raise ValidationError({name: f"is not one of {', '.join(sorted(known))}" for name in unknown})
        return super().filter_queryset(request, queryset, view)
