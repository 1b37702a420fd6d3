"""The front door for commands and jobs: one question to a model by the name of an action, metered like every call.

Inside a request handler it refuses and names the way. The synchronous functions store on the caller's own connection;
the asynchronous ones run them in a thread. ``messages`` are Message objects, mappings of role and content, or one text.
``user`` and ``team`` are ids: who asks, and who pays.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from threading import Event
from typing import Any, TypedDict, Unpack
from uuid import UUID

from django.conf import settings
from django.db import connection
from uuid_utils.compat import uuid7

from ai.embedding import Embedding
from ai.embedding_models import embedding_model
from ai.engine import Answered, Failed, Job, Stop
from ai.errors import CallFailed, ConfigurationError
from ai.extract import extract
from ai.failures import FAILURES
from ai.handlers import refuse_inside
from ai.meter import Account
from ai.metered import CANCELLED, Metered, cost_of_all, usage_of
from ai.pricing import cost_of
from ai.routing import current, model, model_for
from ai.tokens import estimate, estimate_messages
from ai.tracking import LLMUsageLog, UsageStats
from ai.types import JSON, Message, ModelSpec, TextDelta, Usage

Messages = str | Sequence[Message | Mapping[str, str]]
MAX_TOKENS = 1000
DEADLINE_S = 120.0


class Options(TypedDict, total=False):
    """What may be said beside the question. ``level`` is a quality level, ``model`` one of the action's route."""

    level: int | None
    priority: str
    model: str
    max_tokens: int
    temperature: float | None
    schema: JSON | None
    deadline_s: float
    object_id: str
    metadata: JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """``usage`` and ``cost`` of all calls that it took; ``cached``: a part of the input came from the provider's cache.

    ``value`` is what the text holds where a schema was given. ``reference`` finds the calls in the usage log.
    """

    content: str
    value: Any
    usage: Usage
    model: str
    provider: str
    cost: Decimal | None
    cached: bool
    reference: UUID


def sync_completion(
    action_code: str, messages: Messages, *, user: UUID, team: UUID, **options: Unpack[Options]
) -> Completion:
    """The answer of the route's first model. Raises CallFailed, ConfigurationError, and what the meter refuses with."""
    return _answer(_metered(action_code, messages, user, team, options, fallback=False))


def sync_completion_with_fallback(
    action_code: str, messages: Messages, *, user: UUID, team: UUID, **options: Unpack[Options]
) -> Completion:
    """The same, of the first model of the route that answers."""
    return _answer(_metered(action_code, messages, user, team, options, fallback=True))


def sync_completion_stream(
    action_code: str, messages: Messages, *, user: UUID, team: UUID, **options: Unpack[Options]
) -> Iterator[str]:
    """Its text as it comes. Whoever stops listening stops the call, which is paid for as far as it came."""
    return _texts(_metered(action_code, messages, user, team, options, fallback=False))


@dataclass(frozen=True, slots=True, kw_only=True)
class Embeddings:
    """``embeddings`` has a vector of length 1 for each text. Nothing is kept here, so ``cached`` is never true."""

    embeddings: Sequence[Sequence[float]]
    usage: Usage
    model: str
    provider: str
    cost: Decimal | None
    cached: bool
    reference: UUID


def generate_embedding(
    texts: str | Sequence[str], *, user: UUID, team: UUID, action_code: str = "embedding", object_id: str = ""
) -> Embeddings:
    """By the model that documents are indexed with. Raises NotEmbedded (a CallFailed), ConfigurationError, and what

    the meter refuses with. A text beyond the model's window is refused, never cut.
    """
    chosen = embedding_model()
    if chosen is None:
        raise ConfigurationError("No embedding model is configured: LINTEL_EMBEDDING_MODEL in .env.example.")
    reference = uuid7()
    account = Account(reference=reference, subject=user, scope=team, expires_s=DEADLINE_S)
    wanted = [texts] if isinstance(texts, str) else texts
    with Embedding(model=chosen, account=account, action=action_code, object_id=object_id) as work:
        vectors = [vector for batch in work.batches(wanted) for vector in work.embed(batch)]
    return Embeddings(
        embeddings=vectors,
        usage=usage_of(work.bill),
        model=chosen.name,
        provider=chosen.provider.name,
        cost=cost_of_all(work.bill),
        cached=False,
        reference=reference,
    )


async def completion(
    action_code: str, messages: Messages, *, user: UUID, team: UUID, **options: Unpack[Options]
) -> Completion:
    return await _in_thread(_metered_later(action_code, messages, user, team, options, fallback=False))


async def completion_with_fallback(
    action_code: str, messages: Messages, *, user: UUID, team: UUID, **options: Unpack[Options]
) -> Completion:
    return await _in_thread(_metered_later(action_code, messages, user, team, options, fallback=True))


def _metered_later(
    action: str, messages: Messages, user: UUID, team: UUID, options: Options, *, fallback: bool
) -> Callable[[], Metered]:
    refuse_inside()
    return partial(_metered, action, messages, user, team, options, fallback=fallback)


async def _in_thread(later: Callable[[], Metered]) -> Completion:
    """Cancelled, it stops the call, and ends when that is paid for."""
    begun: list[Metered] = []
    gone = Event()

    def work() -> Completion:
        try:
            begun.append(later())
            if gone.is_set():
                begun[0].job.stop.pull(CANCELLED)
            return _answer(begun[0])
        finally:
            connection.close()

    task = asyncio.create_task(asyncio.to_thread(work))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        gone.set()
        for each in begun:
            each.cancel()
        await asyncio.wait([task])
        raise


def _metered(
    action: str,
    messages: Messages,
    user: UUID,
    team: UUID,
    options: Options,
    *,
    fallback: bool,
) -> Metered:
    refuse_inside()
    reference, deadline_s = uuid7(), options.get("deadline_s", DEADLINE_S)
    route = _route(action, options, reference)
    job = Job(
        reference=reference,
        messages=messages_of(messages),
        max_tokens=options.get("max_tokens", MAX_TOKENS),
        temperature=options.get("temperature"),
        schema=options.get("schema"),
        route=route if fallback else route[:1],
        cut="incomplete",
        deadline_s=deadline_s,
        calls_left=settings.LINTEL_MAX_CALLS,
        stop=Stop(),
    )
    return Metered(
        job=job,
        account=Account(reference=reference, subject=user, scope=team, expires_s=deadline_s),
        action=action,
        object_id=options.get("object_id", ""),
        metadata=options.get("metadata", {}),
    )


def _route(action: str, options: Options, seed: UUID) -> tuple[ModelSpec, ...]:
    route = model_for(action, priority=options.get("priority", "balanced"), level=options.get("level"), seed=seed)
    wanted = options.get("model")
    route = tuple(spec for spec in route if wanted in (None, spec.name))
    if not route:
        raise ConfigurationError(f"Nobody answers {action!r}: no model of its route has a provider.")
    return route


def _answer(work: Metered) -> Completion:
    for event in work.run():
        if isinstance(event, Answered):
            return _completed(work, event)
        if not isinstance(event, TextDelta):
            raise _failed(event)
    raise CallFailed("internal_error", str(FAILURES["internal_error"]))


def _completed(work: Metered, answer: Answered) -> Completion:
    spec = work.job.route[0] if work.model is None else work.model
    return Completion(
        content=answer.text,
        value=answer.value,
        usage=work.usage,
        model=spec.name,
        provider=spec.provider.name,
        cost=work.cost,
        cached=work.usage.cache_read_tokens > 0,
        reference=work.account.reference,
    )


def _texts(work: Metered) -> Iterator[str]:
    for event in work.run():
        if isinstance(event, TextDelta):
            yield event.text
        elif not isinstance(event, Answered):
            raise _failed(event)


def _failed(event: object) -> CallFailed:
    """A job that would wait in a queue has none here."""
    code = event.code if isinstance(event, Failed) else "provider_unavailable"
    return CallFailed(code, str(FAILURES[code]))


def messages_of(messages: Messages) -> tuple[Message, ...]:
    if isinstance(messages, str):
        return (Message(role="user", content=messages),)
    return tuple(each if isinstance(each, Message) else Message(**each) for each in messages)  # type: ignore[arg-type]


def check_action_code(action_code: str) -> bool:
    """Whether the action has a route of its own for any level and priority; without, the default one answers."""
    return (action_code, None, None) in current().routes


def get_quality_level_for_tier(tier: str) -> int:
    """A tier that nobody knows, or none, is in the middle."""
    return current().level_of(tier)


def count_tokens(text: str, model_name: str | None = None) -> int:
    """About how many; offline, of any text whatever, marks that are special to some vocabulary included."""
    return estimate(text, model(model_name) if model_name else None)


def count_messages_tokens(messages: Messages, model_name: str) -> int:
    return estimate_messages(messages_of(messages), model(model_name))


def estimate_cost(messages: Messages, model_name: str, *, max_tokens: int = MAX_TOKENS) -> Decimal | None:
    """The most that one call may cost, in dollars; None where nobody knows the price."""
    spec = model(model_name)
    output = min(max_tokens + spec.thought_tokens, spec.max_output_tokens)
    return calculate_chat_cost(
        Usage(input_tokens=estimate_messages(messages_of(messages), spec), output_tokens=output), model_name
    )


def calculate_chat_cost(usage: Usage, model_name: str) -> Decimal | None:
    """What a call that used this costs today."""
    cost = cost_of(usage, model(model_name))
    return None if cost is None else cost.usd


def extract_json(text: str, schema: JSON | None = None) -> Any:
    """The value that a text holds: alone, fenced, in prose, or mended (single quotes). Raises ai.extract.Unfit."""
    return extract(text, schema if schema is not None else {}).value


def get_usage_stats(since: datetime | None = None, user: UUID | None = None, team: UUID | None = None) -> UsageStats:
    """What the usage log holds, which is calls of models alone.

    ``requests`` are calls, retries and fallbacks among them. A hit is a call that read a part of its input from its
    provider's cache, a miss is every other. An earlier answer that served again made no call: it is none of these.
    """
    return LLMUsageLog.objects.stats(since=since, subject=user, scope=team)
