"""Whose work the current task or thread is doing: what its log lines carry beside their words.

A thread does not inherit it: whoever hands work to another thread runs it in a copy of the context.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar

_carried: ContextVar[Mapping[str, object]] = ContextVar("carried", default={})  # noqa: B039 - never changed, only replaced


def carry(**fields: object) -> None:
    """From here on, in this task or thread and in what it starts."""
    _carried.set({**_carried.get(), **fields})


def carried() -> Mapping[str, object]:
    return _carried.get()


def http_request_id() -> str:
    """The id of the HTTP call that is being answered, or whose request is being run; empty outside of any."""
    return str(_carried.get().get("http_request_id", ""))
