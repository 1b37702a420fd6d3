from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

from django.db.models import QuerySet
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

from requests_app.models import AIRequest, AIReviewQueue
from requests_app.models.review import AIReviewQueueQuerySet
from requests_app.paging import Cursor, Turn, page_of, turns_of

Mark = TypeVar("Mark")


class ByCursor(BasePagination):
    param: ClassVar[str] = "cursor"
    next_url: str | None = None

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"results": data, "next": self.next_url})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        next_url = {"type": ["string", "null"], "description": "Where the next page is; null at the end."}
        return {
            "type": "object",
            "properties": {"results": schema, "next": next_url},
            "required": ["results", "next"],
        }

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        words = "From a page's `next`; opaque."
        return [{"name": self.param, "in": "query", "description": words, "schema": {"type": "string"}}]

    def asked(self, request: Request, parse: Callable[[str], Mark]) -> Mark | None:
        text = request.query_params.get(self.param)
        if text is None:
            return None
        try:
            return parse(text)
        except ValueError:
            raise ValidationError({self.param: "is not a cursor of this list"}) from None

    def goes_on(self, request: Request, at: Cursor | Turn | None) -> None:
        if at is not None:
            self.next_url = replace_query_param(request.get_full_path(), self.param, str(at))


class NewestFirst(ByCursor):
    def paginate_queryset(  # type: ignore[override]  # a page of this table only
        self, queryset: QuerySet[AIRequest], request: Request, view: APIView | None = None
    ) -> list[AIRequest]:
        page = page_of(queryset, self.asked(request, Cursor.parse))
        self.goes_on(request, page.next)
        return page.rows


class MostUrgentFirst(ByCursor):
    def paginate_queryset(  # type: ignore[override]  # a page of this table only
        self, queryset: AIReviewQueueQuerySet, request: Request, view: APIView | None = None
    ) -> list[AIReviewQueue]:
        rows, further = turns_of(queryset, self.asked(request, Turn.parse))
        self.goes_on(request, further)
        return rows
