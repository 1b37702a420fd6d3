from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.views import APIView

from requests_app.api.paging import ByCursor


class KnownParameters(DjangoFilterBackend):  # type: ignore[misc]  # the library is untyped
    """A misspelt filter is refused: silently it would show everything."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: APIView) -> Any:
        known = {*self.get_filterset_class(view, queryset).base_filters, ByCursor.param}
        unknown = sorted(set(request.query_params) - known)
        if unknown:
            raise ValidationError({name: f"is not one of {', '.join(sorted(known))}" for name in unknown})
        return super().filter_queryset(request, queryset, view)
