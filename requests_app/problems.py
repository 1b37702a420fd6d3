"""Errors as clients read them: application/problem+json (RFC 9457), and the one table of their HTTP statuses."""

from __future__ import annotations

from collections.abc import Iterable

from ai.errors import Problem

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_OUTAGE_S = 2

# code: (HTTP status, title)
PROBLEMS: dict[str, tuple[int, str]] = {
    "invalid": (400, "The request is not valid"),
    "parse_error": (400, "The body is not JSON"),
    "context_exceeded": (400, "The input is too long for the model"),
    "idempotency_key_invalid": (400, "The Idempotency-Key is not usable"),
    "position_invalid": (400, "There is no such position"),
    "not_authenticated": (401, "Log in or send a token"),
    "authentication_failed": (401, "The token is not valid"),
    "budget_exceeded": (402, "The budget has no room for this request"),
    "price_unknown": (402, "The price of this request is not known"),
    "permission_denied": (403, "This is not allowed"),
    "not_found": (404, "Not found"),
    "method_not_allowed": (405, "This address has no such method"),
    "too_slow": (408, "The body came too slowly"),
    "idempotency_key_busy": (409, "The same submission is being accepted right now"),
    "not_reviewable": (409, "This answer is in other hands, or judged"),
    "version_conflict": (409, "Another version was stored meanwhile"),
    "no_answer": (409, "There is no answer to rate"),
    "length_required": (411, "The body has no length"),
    "too_large": (413, "The body is too large"),
    "unsupported_media_type": (415, "The body is of a kind that is not read here"),
    "idempotency_key_reused": (422, "The Idempotency-Key belongs to another body"),
    "too_many_requests": (429, "Too many requests"),
    "prompt_broken": (500, "The prompt's file is wrong"),
    "internal_error": (500, "Something broke on our side"),
    "provider_unavailable": (503, "No model can be asked"),
    "unavailable": (503, "The database cannot be reached"),
}


def problem(code: str, detail: str, *, request_id: str | None, errors: Iterable[Problem] = ()) -> dict[str, object]:
    """The body of an error."""
    status, title = PROBLEMS[code]
    return {
        "type": f"urn:lintel:problem:{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
        "request_id": request_id,
        "errors": [{"pointer": error.pointer, "detail": error.detail} for error in errors],
    }
