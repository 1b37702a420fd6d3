"""Pages of newest rows first, by key and not by offset: rows that arrive meanwhile shift nothing."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

from requests_app.models import AIRequest

PAGE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """The last row that was shown; opaque to clients."""

    created: datetime
    id: UUID

    @classmethod
    def parse(cls, text: str) -> Cursor:
        """Raises ValueError."""
        created, _, key = urlsafe_b64decode(text.encode("ascii")).decode("ascii").partition(" ")
        moment = datetime.fromisoformat(created)
        if moment.utcoffset() != timedelta(0):
            raise ValueError("a cursor's time is UTC")
        return cls(created=moment, id=UUID(key))

    def __str__(self) -> str:
        return urlsafe_b64encode(f"{self.created.isoformat()} {self.id}".encode("ascii")).decode("ascii")

    def older(self) -> Q:
        """Both halves are needed: the first alone bounds the scan of the index."""
        return Q(created__lte=self.created) & (Q(created__lt=self.created) | Q(id__lt=self.id))


class NewestFirst(BasePagination):
    param = "cursor"
    next_url: str | None = None

    def paginate_queryset(  # type: ignore[override]  # a page of this table only
        self,
        queryset: QuerySet[AIRequest],
        request: Request,
        view: APIView | None = None,
    ) -> list[AIRequest]:
        cursor = self._cursor(request)
        if cursor is not None:
            queryset = queryset.filter(cursor.older())
        rows = list(queryset.order_by("-created", "-id")[: PAGE + 1])
        if len(rows) > PAGE:
            last = rows[PAGE - 1]
            self.next_url = replace_query_param(
                request.get_full_path(), self.param, str(Cursor(created=last.created, id=last.pk))
            )
        return rows[:PAGE]

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"results": data, "next": self.next_url})

    def _cursor(self, request: Request) -> Cursor | None:
        text = request.query_params.get(self.param)
        if text is None:
            return None
        try:
            return Cursor.parse(text)
        except ValueError:
            raise ValidationError({self.param: "is not a cursor of this list"}) from None
