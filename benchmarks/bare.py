"""Two views on the same server: one that does nothing, and the least that a DRF view which stores a row can do."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from benchmarks.models import Row
from config.urls import urlpatterns as product


def empty(_request: HttpRequest) -> HttpResponse:
    return HttpResponse(status=204)


class RowSerializer(serializers.ModelSerializer[Row]):
    class Meta:
        model = Row
        fields = ("id", "note", "created")


class RowView(APIView):
    """Authenticated as Lintel's own views are."""

    def post(self, request: Request) -> Response:
        form: Any = RowSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        form.save(owner=request.user.pk)
        return Response(form.data, status=status.HTTP_202_ACCEPTED)


urlpatterns = [path("bare/empty", empty), path("bare/row", RowView.as_view()), *product]
