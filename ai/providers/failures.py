"""What a server or the way to it did wrong, as errors of ours. A vendor's words are looked at here and never kept."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import httpx2

from ai.errors import (
    BadCall,
    CallTimedOut,
    ConnectionFailed,
    ContextExceeded,
    KeyRejected,
    Overloaded,
    ProviderError,
    RateLimited,
    ServerFailed,
    StreamCut,
)

OVERLOADED = 529
CONTEXT_EXCEEDED = "context_length_exceeded"  # OpenAI's word for it
CONTEXT_CODES = {CONTEXT_EXCEEDED, "exceed_context_size_error"}  # and llama.cpp's
ACCOUNT_CODES = {
    *("insufficient_quota", "billing_hard_limit_reached"),
    *("contract_spend_limit_reached", "enforced_spend_limit_reached", "organization_on_hold"),
}
PASSING_STATUSES = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_EARLY}
KEY_STATUSES = {HTTPStatus.UNAUTHORIZED, HTTPStatus.PAYMENT_REQUIRED, HTTPStatus.FORBIDDEN}


def failure_of_status(status: int, headers: Mapping[str, str], codes: set[str]) -> ProviderError:
    """A call that was turned down. ``codes`` are the machine-readable words of the error."""
    refused: dict[str, Any] = {"retry_after": retry_after_seconds(headers), "served": False}
    if codes & CONTEXT_CODES:
        return ContextExceeded("the input does not fit the model's window", **refused)
    if status in KEY_STATUSES or codes & ACCOUNT_CODES:
        return KeyRejected(f"the provider rejected the key or its account ({status})", **refused)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return RateLimited("the provider limits the rate of calls", **refused)
    if status == OVERLOADED:
        return Overloaded("the provider is overloaded", **refused)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in PASSING_STATUSES:
        return ServerFailed(f"the provider failed with status {status}", **refused)
    return BadCall(f"the provider rejected the call with status {status}", **refused)


def failure_of_event(codes: set[str]) -> ProviderError:
    """An error inside a stream that began with status 200."""
    if codes & CONTEXT_CODES:
        return ContextExceeded("the input does not fit the model's window")
    if any("overload" in code for code in codes) or codes & {str(OVERLOADED), "503"}:
        return Overloaded("the provider was overloaded in mid-stream")
    if any("rate_limit" in code for code in codes) or "429" in codes:
        return RateLimited("the provider limited the rate in mid-stream")
    return ServerFailed("the provider failed in mid-stream")


def failure_of_transport(cause: BaseException | None) -> ProviderError:
    match cause:
        case httpx2.ConnectTimeout():
            return CallTimedOut("the provider took no connection in time", served=False)
        case httpx2.ConnectError():
            return ConnectionFailed("no connection to the provider", served=False)
        case httpx2.TimeoutException():
            return CallTimedOut("the provider sent nothing in time")
        case httpx2.RemoteProtocolError():
            return StreamCut("the provider closed the connection inside its answer")
    return ConnectionFailed("the connection to the provider broke")


def codes_of(error: object) -> set[str]:
    """The machine-readable words of an error: code and type. Servers disagree about which holds what."""
    if not isinstance(error, Mapping):
        return set()
    return {str(error[key]).lower() for key in ("code", "type") if error.get(key) is not None}


def retry_after_seconds(headers: Mapping[str, str]) -> float | None:
    """``retry-after-ms``, or ``retry-after`` as seconds or as a date; None where there is none that makes sense."""
    if (milliseconds := _number(headers.get("retry-after-ms"))) is not None:
        return milliseconds / 1000
    value = headers.get("retry-after")
    if (seconds := _number(value)) is not None:
        return seconds
    try:
        moment = parsedate_to_datetime(value or "")
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (aware - datetime.now(UTC)).total_seconds())


def _number(value: str | None) -> float | None:
    try:
        number = float(value or "")
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None
