"""How OpenAPI describes these views. Problems are named by code: whoever completes the document knows the rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema

BODY = ("permission_denied", "too_slow", "length_required", "too_large")
READING = ("invalid", "not_found")
STORING = ("invalid", "parse_error", "unsupported_media_type", "too_many_requests")
KEYED = ("idempotency_key_invalid", "idempotency_key_busy", "idempotency_key_reused")
CURSOR = OpenApiParameter("cursor", str, description="From a page's `next`; opaque.")
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "pattern": "^[!-~]{1,255}$"},
    OpenApiParameter.HEADER,
    description="Makes repeating safe: the same body again answers with what it made the first time.",
)
EXAMPLE = OpenApiExample(
    "A note",
    value={
        "title": "Opening hours",
        "text": "The harbour office opens at seven.",
        "visibility": "team",
    },
    request_only=True,
    media_type="application/json",
)
BYTES = {(200, "application/octet-stream"): {"type": "string", "format": "binary"}}


def operation(*problems: str, success: int, body: Any, **described: Any) -> Callable[[Any], Any]:
    """Describe a view's method: what it answers, and its own problems beside those of all."""
    responses = body if isinstance(body, dict) else {success: body}
    return extend_schema(responses=responses, extensions={"x-problems": list(problems)}, **described)
