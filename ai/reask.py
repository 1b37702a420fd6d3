"""The second question to a model whose answer had another form."""

from __future__ import annotations

import json

from ai.tokens import estimate_messages
from ai.types import JSON, Capability, Message, ModelSpec

CORRECTION = """Your answer cannot be used. It must be JSON of the required form, nothing else. This is wrong with it:
{flaws}{form}
Give the whole answer again, in the required form."""
FORM = "\nThe required form as a JSON Schema:\n{schema}"


def corrected(
    messages: tuple[Message, ...], *, answer: str, flaws: str, schema: JSON | None, model: ModelSpec, max_tokens: int
) -> tuple[Message, ...]:
    """The conversation with the unfit answer and its flaws at its end, so that what a cache holds of it stays good.

    The same question once more, where nothing can be said of the answer or the model's window has no room for it.
    """
    if not flaws:
        return messages
    told = Capability.JSON_SCHEMA in model.capabilities
    form = "" if told else FORM.format(schema=json.dumps(schema, ensure_ascii=False))
    longer = (
        *messages,
        Message(role="assistant", content=answer),
        Message(role="user", content=CORRECTION.format(flaws=flaws, form=form)),
    )
    fits = estimate_messages(longer, model) + max_tokens + model.thought_tokens <= model.context_window
    return longer if fits else messages
