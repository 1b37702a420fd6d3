"""No model is called while somebody waits for an HTTP answer: the front door refuses there, and names the way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from ai.errors import InsideHandler

WAY = (
    "A request handler calls no model. Accept a request (requests_app.intake.accept) and answer 202, or follow its text"
    " with requests_app.stream.response(id)."
)

_handling: ContextVar[bool] = ContextVar("handling", default=False)


@contextmanager
def handling() -> Iterator[None]:
    """Whatever runs within answers an HTTP call."""
    token = _handling.set(True)
    try:
        yield
    finally:
        _handling.reset(token)


def refuse_inside() -> None:
    if _handling.get():
        raise InsideHandler(WAY)
