"""What all views of the API share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from rest_framework.negotiation import BaseContentNegotiation, DefaultContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.models import User
from requests_app.api.parsers import StrictJSONParser
from requests_app.api.problems import Fault


class AlwaysJSON(BaseContentNegotiation):
    """There is one representation: whatever a client accepts, an answer in JSON helps it more than a 406."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser | None:
        return DefaultContentNegotiation().select_parser(request, parsers)

    def select_renderer(
        self,
        request: Request,
        renderers: Iterable[BaseRenderer],
        format_suffix: str | None = None,
    ) -> tuple[BaseRenderer, str]:
        renderer = next(iter(renderers))
        return renderer, str(renderer.media_type)


def person(request: Request) -> User:
    """Who asks; the permission class lets nobody in who is not logged in."""
    return cast(User, request.user)


class ApiView(APIView):
    parser_classes = [StrictJSONParser]
    content_negotiation_class = AlwaysJSON
    http_method_names = ["get", "head", "post", "put", "delete"]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if "HTTP_TRANSFER_ENCODING" in request.META and not request.META.get("CONTENT_LENGTH"):
            raise Fault("length_required", "Send the body with a Content-Length, not in chunks.")

    @property
    def default_response_headers(self) -> dict[str, str]:
        """Answers belong to one person and change: keep them nowhere, ask again each time."""
        return {**super().default_response_headers, "Cache-Control": "private, no-cache"}
