"""The API as OpenAPI describes it (docs/openapi.yaml, /api/schema): what the views cannot say of themselves.

Every operation lists the problems that it can answer with, from the one table of them; the stream of events, no REST
view, is described by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema

from requests_app.problems import MEDIA_TYPE, PROBLEMS

Described = dict[str, Any]

TEXT: Described = {"type": "string"}
COUNT: Described = {"type": "integer", "minimum": 0}
MAYBE_TEXT: Described = {"type": ["string", "null"]}

PROBLEM: Described = {
    "type": "object",
    "description": "RFC 9457. `code` is the stable name of what went wrong.",
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": TEXT,
        "status": {"type": "integer"},
        "detail": TEXT,
        "code": {"type": "string", "enum": sorted(PROBLEMS)},
        "request_id": MAYBE_TEXT,
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"pointer": {"type": "string", "description": "RFC 6901"}, "detail": TEXT},
                "required": ["pointer", "detail"],
            },
        },
        "budget": {
            "type": "array",
            "description": "Of `budget_exceeded`: the windows without room, the one that ends first before the others.",
            "items": {"$ref": "#/components/schemas/BudgetWindow"},
        },
    },
    "required": ["type", "title", "status", "detail", "code", "request_id", "errors"],
}

REFERENCE: Described = {"$ref": "#/components/schemas/Problem"}

USAGE: Described = {
    "type": ["object", "null"],
    "description": "Tokens of all calls so far; `input_tokens` excludes cached ones.",
    "properties": {
        "input_tokens": COUNT,
        "cache_read_tokens": COUNT,
        "cache_write_tokens": COUNT,
        "output_tokens": COUNT,
        "estimated": {"type": "boolean"},
    },
    "required": ["input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens", "estimated"],
}
ERROR: Described = {
    "type": ["object", "null"],
    "description": "Why it ended without a result.",
    "properties": {"code": TEXT, "message": TEXT},
    "required": ["code", "message"],
}
INSTEAD: Described = {
    "type": ["object", "null"],
    "description": (
        "Why another model than the one asked for is used: how its last call ended, or `passed_over` where it was not"
        " called. Then `why` says which it was (null where that was not kept): `failing`, `key_rejected`, `probing`,"
        " `rate_limited`, `limit_full` or `context_exceeded`, and `free_at` when it could be called again, if known."
    ),
    "properties": {
        "asked": TEXT,
        "used": TEXT,
        "reason": TEXT,
        "why": {"type": ["string", "null"]},
        "free_at": {"type": ["string", "null"], "format": "date-time"},
        "message": TEXT,
    },
    "required": ["asked", "used", "reason", "why", "free_at", "message"],
}
LINKS: Described = {
    "type": "object",
    "description": "Where to go from here; what would be refused is absent.",
    "additionalProperties": {"type": "string"},
    "required": ["self"],
}

REASONS: Described = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {
            "code": TEXT,
            "measured": {"type": ["number", "null"]},
            "limit": {"type": ["number", "null"]},
        },
        "required": ["code"],
    },
}

# What any operation may answer, whatever it does: who calls, how, and when the database is away.
ANY = ("not_authenticated", "authentication_failed", "method_not_allowed", "internal_error", "unavailable")
BODY = ("permission_denied", "too_slow", "length_required", "too_large")
ACCEPTING = (
    *("invalid", "parse_error", "context_exceeded", "unsupported_media_type", "prompt_broken"),
    *("budget_exceeded", "price_unknown", "too_many_requests"),
    *("idempotency_key_invalid", "idempotency_key_busy", "idempotency_key_reused", "provider_unavailable"),
)
STREAM = ("not_authenticated", "not_found", "method_not_allowed", "position_invalid", "unavailable")
ANSWERS = (
    *(
        "RequestSummary",
        "RequestDetail",
        "SearchDetail",
        "Feedback",
        "PromptSummary",
        "PromptDetail",
        "BudgetWindow",
        "Budget",
    ),
    *("ReviewSummary", "ReviewDetail", "ReviewAttempt", "ReviewLogEntry"),
    *("UsageSums", "UsageReport"),
)
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "pattern": "^[!-~]{1,255}$"},
    OpenApiParameter.HEADER,
    description="Makes repeating safe: the same body again answers with what it made the first time.",
)
EXAMPLE = OpenApiExample(
    "A ticket",
    value={"prompt_key": "ticket_classify", "payload": {"ticket": "I was charged twice."}},
    request_only=True,
)

SEARCH_EXAMPLE = OpenApiExample("Ten passages", value={"q": "notice for the lease of the warehouse"}, request_only=True)


def operation(*problems: str, success: int, body: Any, **described: Any) -> Callable[[Any], Any]:
    """Describe a view's method: what it answers, and its own problems beside those of all."""
    return extend_schema(responses={success: body, **_problems((*ANY, *problems))}, **described)


def _problems(codes: Iterable[str]) -> dict[Any, Any]:
    by_status: dict[int, list[str]] = {}
    for code in codes:
        by_status.setdefault(PROBLEMS[code][0], []).append(f"`{code}`: {PROBLEMS[code][1]}")
    return {
        (status, MEDIA_TYPE): OpenApiResponse(response=REFERENCE, description="; ".join(words))
        for status, words in sorted(by_status.items())
    }


class Bearer(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # registers itself by being defined
    target_class = "accounts.bearer.BearerAuthentication"
    name = "bearer"

    def get_security_definition(self, _schema: Any) -> Described:
        return {"type": "http", "scheme": "bearer", "description": "`manage.py token USER`, or the Account page."}


def complete(result: Described, **_: Any) -> Described:
    """What the generator cannot know: answers have all their fields, and the stream of events stands outside REST."""
    schemas = result["components"]["schemas"]
    schemas["Problem"] = PROBLEM
    for name in ANSWERS:
        schemas[name]["required"] = sorted(schemas[name]["properties"])
    for path in result["paths"].values():
        for described in path.values():
            _expand(described)
    result["paths"]["/api/v1/requests/{id}/events"] = {"get": _events()}
    return result


def _expand(described: Described) -> None:
    """Operations of other apps name their problems by code alone."""
    codes = described.pop("x-problems", None)
    if codes is not None:
        described["responses"].update(_written(_problems((*ANY, *codes))))


def _written(problems: dict[Any, Any]) -> Described:
    return {
        str(status): {"description": response.description, "content": {MEDIA_TYPE: {"schema": REFERENCE}}}
        for (status, _media), response in problems.items()
    }


def _events() -> Described:
    problems = _written(_problems(STREAM))
    stream = {"description": "Events until the request has ended.", "content": {"text/event-stream": {"schema": TEXT}}}
    request_id = {"in": "path", "name": "id", "required": True, "schema": {"type": "string", "format": "uuid"}}
    after = {"in": "query", "name": "after", "schema": TEXT, "description": "The position to go on from."}
    last = {"in": "header", "name": "Last-Event-ID", "schema": TEXT, "description": "The same, as browsers send it."}
    return {
        "operationId": "requests_events",
        "description": "The answer as it grows: `status`, `chunk`, `reset` and a last `end` (docs/api.md).",
        "parameters": [request_id, after, last],
        "tags": ["requests"],
        "security": [{"bearer": []}, {"cookieAuth": []}],
        "responses": {"200": stream, **problems},
    }
