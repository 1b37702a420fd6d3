"""Why a submission is not accepted, or a stream not served.

RequestError
├── SubmissionInvalid       the submission itself is wrong; names each field by JSON pointer
│   └── ContextTooLong      the input fits no model of the route
├── NoModelConfigured       no provider has its key or address
├── KeyReused               the Idempotency-Key belongs to another body
├── KeyBusy                 its twin is being accepted right now
└── PositionInvalid         a stream position that cannot be
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from ai.errors import Problem


class RequestError(Exception):
    code: ClassVar[str]


class SubmissionInvalid(RequestError):
    code = "invalid"

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{problem.pointer}: {problem.detail}" for problem in problems))


class ContextTooLong(SubmissionInvalid):
    code = "context_exceeded"

    def __init__(self, *, needed: int, window: int) -> None:
        self.needed, self.window = needed, window
        detail = f"about {needed:,} tokens are needed, the largest model of this route holds {window:,}"
        super().__init__([Problem(pointer="/payload", detail=detail)])


class NoModelConfigured(RequestError):
    code = "provider_unavailable"


class KeyReused(RequestError):
    code = "idempotency_key_reused"


class KeyBusy(RequestError):
    code = "idempotency_key_busy"


class PositionInvalid(RequestError):
    code = "position_invalid"
