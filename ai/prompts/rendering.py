"""From a version and a payload to the messages a model gets.

Free text is data. It enters user turns only, between two marks that carry a nonce which the text cannot hold:

    <ticket-4f1c22ab>
    text of the caller
    </ticket-4f1c22ab>

The nonce is random and drawn again until it does not occur in the text, so no text can close its own fence. Tags,
because the smallest model we ship sorted no fewer tickets with them than bare (8 against 5 of twenty; brackets and
triple quotes 5, short marks 7, rules 8: too few tickets to rank them, enough to see that a fence does no harm).
Few-shot turns fence their own values in the same way but with fixed numbers: the model sees
one shape throughout, and everything before the last turn stays the same from call to call, which prefix caches need.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from typing import Any

from ai.prompts.placeholders import placeholders, substitute
from ai.prompts.spec import PASSAGES, PromptSpec, Turn, is_free_text
from ai.sanitise import without_hidden
from ai.types import Message

_Nonce = Callable[[str], str]


def render_spec(
    spec: PromptSpec, payload: Mapping[str, Any], passages: Mapping[int, str] | None = None
) -> tuple[Message, ...]:
    """``payload`` has been validated; ``passages`` are texts by the number that an answer cites."""
    values = {**spec.defaults, **payload}
    system = substitute(spec.system, {name: _plain(value) for name, value in values.items()})
    found = _passages(passages or {})
    turns = [_render_turn(spec, turn, values, position, found) for position, turn in enumerate(spec.turns)]
    return (Message(role="system", content=system.strip(), stable=_is_fixed(spec.system)), *turns)


def _render_turn(spec: PromptSpec, turn: Turn, values: Mapping[str, Any], position: int, passages: str) -> Message:
    nonce: _Nonce = (lambda _: f"{position:08x}") if turn.values else _random_nonce
    filled = {
        name: _value(name, value, nonce) if is_free_text(spec.properties[name]) else _plain(value)
        for name, value in (turn.values or values).items()
    }
    if spec.retrieve is not None:
        filled[PASSAGES] = passages
    fixed = bool(turn.values) or _is_fixed(turn.content)
    return Message(role=turn.role, content=substitute(turn.content, filled).strip(), stable=fixed)


def _passages(texts: Mapping[int, str]) -> str:
    """Each between marks of its own, without the characters that a reader of the document would not see."""
    seen = {key: without_hidden(text) for key, text in texts.items()}
    return "\n".join(_value(f"passage-{key}", text, _random_nonce) for key, text in seen.items())


def _is_fixed(text: str) -> bool:
    """Whether it has nothing of the caller's in it."""
    return not any(placeholders(text))


def _value(name: str, value: Any, nonce: _Nonce) -> str:
    text = _plain(value)
    mark = f"{name}-{nonce(text)}"
    return f"<{mark}>\n{text}\n</{mark}>"


def _random_nonce(text: str) -> str:
    while (nonce := secrets.token_hex(4)) in text:
        pass
    return nonce


def _plain(value: Any) -> str:
    """Text as it is, everything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
