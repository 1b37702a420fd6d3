"""What the two wire protocols have in common: how a request is read, and how events are written."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Protocol

from ai.providers.fake.ledger import Call
from ai.providers.fake.script import OddUsage, Script

ODD: Mapping[OddUsage, Any] = {"negative": -7, "huge": 10**15, "words": "many", "null": None}


class Dialect(Protocol):
    name: ClassVar[str]

    def schema(self, body: Mapping[str, Any]) -> Mapping[str, Any] | None: ...
    def opening(self, call: Call, script: Script, *, empty: bool) -> bytes: ...
    def piece(self, call: Call, text: str, script: Script) -> bytes: ...
    def keepalive(self, call: Call) -> bytes: ...
    def closing(self, call: Call, script: Script, *, empty: bool) -> Sequence[bytes]:
        """The events of a proper end, the terminal one last."""
        ...

    def error(self, status: int, code: str) -> dict[str, Any]: ...
    def error_event(self, code: str) -> bytes: ...
    def whole(self, call: Call, script: Script) -> dict[str, Any]: ...


def input_texts(body: Mapping[str, Any]) -> Sequence[str]:
    """The system text (Anthropic keeps it apart) and the turns, oldest first."""
    contents = [body.get("system", ""), *(message["content"] for message in body.get("messages", ()))]
    return [content if isinstance(content, str) else "".join(part["text"] for part in content) for content in contents]


def event(data: Mapping[str, Any], *, name: str | None = None) -> bytes:
    head = f"event: {name}\n" if name else ""
    return f"{head}data: {dump(data)}\n\n".encode()


def dump(data: Mapping[str, Any]) -> str:
    """Plain UTF-8, so that packets can split characters; a lone surrogate has only the escaped form."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text if text.isascii() or _encodable(text) else json.dumps(data)


def oddly(usage: Mapping[str, Any], script: Script) -> dict[str, Any]:
    """The figures as the script wants them reported."""
    if script.odd_usage is None:
        return dict(usage)
    return dict.fromkeys(usage, ODD[script.odd_usage])


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
