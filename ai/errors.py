"""What can go wrong in the AI core.

AIError
├── FileBroken                  a file of the project is wrong; names each place by file and line
├── PromptError                 a prompt cannot be found, read or rendered
│   ├── PromptNotFound
│   ├── PromptBroken            a FileBroken too: it is a prompt's file
│   └── VariablesInvalid        names each wrong variable by JSON pointer
├── ConfigurationError          the catalogue or a setting is wrong
├── InsideHandler               a model was to be called while an HTTP call is answered
├── NotCovered                  the meter has no room for a call, or does not know its price
├── CallFailed                  no model of the route has answered; its code is that of a failed request
│   └── NotEmbedded             a text has no vector; says when trying again may help
│       └── EmbedderResting     nobody was asked: breaker or limits leave the model alone for now
└── ProviderError               one provider call failed
    ├── RateLimited             429; retry_after in seconds where the provider said
    ├── Overloaded              529, or an overload event in mid-stream
    ├── ServerFailed            another 5xx
    ├── ConnectionFailed        refused, reset, name not found
    ├── StreamCut               the stream ended without its terminal event
    ├── GarbledStream           bytes that are not the protocol
    ├── CallTimedOut            connect, idle or deadline limit passed
    ├── BadCall                 400, 404, 413, 422: our request is wrong, asking again will not help
    ├── ContextExceeded         the input does not fit this model
    └── KeyRejected             401, 403
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


class AIError(Exception):
    """Anything the AI core raises on purpose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileProblem:
    """``line`` counts from 1."""

    file: str
    line: int
    detail: str


class FileBroken(AIError):
    def __init__(self, problems: Sequence[FileProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{p.file}:{p.line}: {p.detail}" for p in self.problems))


class PromptError(AIError):
    pass


class PromptNotFound(PromptError):
    pass


class PromptBroken(FileBroken, PromptError):
    pass


MOST_PROBLEMS = 50  # told at once; hostile input may have millions


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One wrong place: a JSON pointer (RFC 6901) into what was sent, and what is wrong, without the sender's value."""

    pointer: str
    detail: str


class VariablesInvalid(PromptError):
    """Its pointers begin in the payload."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{p.pointer}: {p.detail}" for p in self.problems))


class ConfigurationError(AIError):
    pass


class InsideHandler(AIError):
    pass


class NotCovered(AIError):
    code: ClassVar[str]


class CallFailed(AIError):
    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


class NotEmbedded(CallFailed):
    """``after_s``: in how many seconds trying again may help; None where it will not."""

    def __init__(self, code: str, message: str, *, after_s: float | None) -> None:
        self.after_s = after_s
        super().__init__(code, message)


class EmbedderResting(NotEmbedded):
    pass


class ProviderError(AIError):
    """One failed call. ``retryable`` says whether asking the same model again may help.

    The message is ours: a provider's own words may hold payloads and are never kept. ``served`` is False only where the
    provider certainly did no work that it could bill: it turned the call down, or was never reached.
    """

    code: ClassVar[str] = "provider_unavailable"
    retryable: ClassVar[bool] = True

    def __init__(self, message: str, *, retry_after: float | None = None, served: bool = True) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.served = served


class RateLimited(ProviderError):
    pass


class Overloaded(ProviderError):
    pass


class ServerFailed(ProviderError):
    pass


class ConnectionFailed(ProviderError):
    pass


class StreamCut(ProviderError):
    pass


class GarbledStream(ProviderError):
    pass


class CallTimedOut(ProviderError):
    pass


class BadCall(ProviderError):
    code = "provider_rejected"
    retryable = False


class ContextExceeded(ProviderError):
    code = "context_exceeded"
    retryable = False


class KeyRejected(ProviderError):
    retryable = False
