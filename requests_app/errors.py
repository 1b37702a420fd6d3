"""Why a submission is not accepted, or a stream not served.

RequestError
├── SubmissionInvalid       the submission itself is wrong; names each field by JSON pointer
│   └── ContextTooLong      the input fits no model of the route
├── BudgetExceeded          a window of a budget has no room for the next call
├── TooMany                 under way at once, or within a minute
├── PriceUnknown            nobody knows what the model costs, and a budget in dollars applies
├── NoModelConfigured       no provider has its key or address
├── KeyReused               the Idempotency-Key belongs to another body
├── KeyBusy                 its twin is being accepted right now
├── NoAnswer                there is nothing to rate
├── PositionInvalid         a stream position that cannot be
├── NotReviewable           in other hands, or judged already
└── ReviewInvalid           a verdict that lacks something; names the field by JSON pointer
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from ai.errors import NotCovered, Problem

if TYPE_CHECKING:
    from requests_app.budgets import Amount, WindowState


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


class BudgetExceeded(RequestError, NotCovered):
    """``windows`` are those without room for ``needed``, the one that ends first before the others."""

    code = "budget_exceeded"

    def __init__(self, windows: Sequence[WindowState], *, needed: Amount) -> None:
        self.windows, self.needed = tuple(windows), needed
        super().__init__(" ".join(window.refusal(needed) for window in self.windows))


class PriceUnknown(RequestError, NotCovered):
    code = "price_unknown"


class TooMany(RequestError):
    """Try again after ``wait_s`` seconds."""

    code = "too_many_requests"

    def __init__(self, detail: str, *, wait_s: int) -> None:
        self.wait_s = wait_s
        super().__init__(detail)


class NoModelConfigured(RequestError):
    code = "provider_unavailable"


class KeyReused(RequestError):
    code = "idempotency_key_reused"


class KeyBusy(RequestError):
    code = "idempotency_key_busy"


class NoAnswer(RequestError):
    code = "no_answer"


class PositionInvalid(RequestError):
    code = "position_invalid"


class NotReviewable(RequestError):
    code = "not_reviewable"


class ReviewInvalid(RequestError):
    code = "invalid"

    def __init__(self, pointer: str, detail: str) -> None:
        self.problem = Problem(pointer=pointer, detail=detail)
        self.problems = (self.problem,)
        super().__init__(detail)
