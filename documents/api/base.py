"""What all views of documents share. How bodies are parsed is the whole API's way, which the settings name."""

from __future__ import annotations

from typing import Any, cast

from django.conf import settings
from django.utils.module_loading import import_string
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.models import User
from documents.errors import BodyUnmeasured, FieldInvalid


def person(request: Request) -> User:
    """Who asks; the permission class lets nobody in who is not logged in."""
    return cast(User, request.user)


class DocumentApiView(APIView):
    parser_classes = [import_string(settings.LINTEL_API_PARSER)]
    content_negotiation_class = import_string(settings.LINTEL_API_NEGOTIATION)
    http_method_names = ["get", "head", "post", "patch", "delete"]
    parameters: frozenset[str] = frozenset()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if "HTTP_TRANSFER_ENCODING" in request.META and not request.META.get("CONTENT_LENGTH"):
            raise BodyUnmeasured("Send the body with a Content-Length, not in chunks.")
        if unknown := sorted(set(request.query_params) - self.parameters):
            raise FieldInvalid("is no parameter of this address", pointer=f"/{unknown[0]}")

    @property
    def default_response_headers(self) -> dict[str, str]:
        """Answers belong to one person and change: keep them nowhere, ask again each time."""
        return {**super().default_response_headers, "Cache-Control": "private, no-cache"}


class UploadView(DocumentApiView):
    parser_classes = [*DocumentApiView.parser_classes, MultiPartParser]
