from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

from requests_app.models import AIRequest
from requests_app.paging import Cursor, page_of


class NewestFirst(BasePagination):
    param = "cursor"
    next_url: str | None = None

    def paginate_queryset(  # type: ignore[override]  # a page of this table only
        self,
        queryset: QuerySet[AIRequest],
        request: Request,
        view: APIView | None = None,
    ) -> list[AIRequest]:
        page = page_of(queryset, self._cursor(request))
        if page.next is not None:
            self.next_url = replace_query_param(request.get_full_path(), self.param, str(page.next))
        return page.rows

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

    def _cursor(self, request: Request) -> Cursor | None:
        text = request.query_params.get(self.param)
        if text is None:
            return None
        try:
            return Cursor.parse(text)
        except ValueError:
            raise ValidationError({self.param: "is not a cursor of this list"}) from None
