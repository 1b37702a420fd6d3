"""What is known of one finished answer when it is judged."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """None is unknown, or that the prompt has no such thing."""

    text: str
    """As the model wrote it."""
    output: Any = None
    """The value that the text holds, where the prompt wants one: its texts are judged in place of the whole, in which
    they would look like quotations."""
    repaired: bool | None = None
    """The value was mended, since the text was no JSON."""
    invalid: bool | None = None
    """The value does not fit the prompt's schema."""
    attempt_reasons: tuple[str, ...] = ()
    """Why each call was made, in order: first, retry, fallback, reask."""
    model_asked: str | None = None
    """The first model of the route."""
    model_used: str | None = None
    support: float | None = None
    """How far what was retrieved bears the answer out, 0 to 1."""
    unsupported_citations: int | None = None
    cost: Decimal | None = None
    usual_cost: Decimal | None = None
    """The median of this prompt version; None while there are too few to say."""
    length: int | None = None
    usual_length: int | None = None
    """In the unit of ``length``, and a median as well."""
    sample: float | None = None
    """``sampling_number`` of the request."""


def sampling_number(request_id: UUID) -> float:
    """At least 0 and less than 1, the same for a request whenever and wherever it is asked."""
    digest = hashlib.sha256(b"review sample" + request_id.bytes).digest()
    return (int.from_bytes(digest[:8], "big") >> 11) / 2**53
