"""The models that workers leave alone for now, and how much of each limit is used up; both live in Redis alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import cast

import redis
from django.conf import settings
from django.utils.translation import gettext as _

from ai.breaker import Breaker, Wait, admission
from ai.embedding_limits import spec_with_limits
from ai.embedding_models import embedding_model
from ai.errors import ConfigurationError
from ai.routing import models
from ai.traffic import key_of, limits_of, parsed
from ai.types import ModelSpec
from requests_app.condition import commands
from requests_app.condition.reading import Fact, Part, Reading, State, worst

PATIENCE_S = 0.5
MINUTE_S = 60


def breakers() -> Reading:
    try:
        parts = tuple(_parts(_called()))
    except ConfigurationError:
        return Reading(state="bad", says=_("The catalogue of models cannot be read."), remedy=(commands.CHECK,))
    except (redis.RedisError, OSError, ValueError):
        says = _("Not known without Redis: until it is back each worker goes by what it sees itself.")
        return Reading(state="warn", says=says, remedy=(commands.ASK_BROKER,))
    if not settings.LINTEL_BREAKER_CALLS:
        return Reading(state="idle", says=_("Turned off: LINTEL_BREAKER_CALLS is 0."), parts=parts)
    if not parts:
        return Reading(state="ok", says=_("Every model may be called."))
    return Reading(state=worst(part.state for part in parts), says=_("Others answer in their place."), parts=parts)


def reset(name: str) -> bool:
    """Let a model be called at once; False where none goes by this name. Raises redis.RedisError."""
    for model in _called():
        if name_of(model) == name:
            with _redis() as shared:
                shared.delete(key_of(model), *limits_of(model, 1))
            return True
    return False


def _called() -> list[ModelSpec]:
    """Whoever answers, and whoever embeds, where that is not this machine."""
    try:
        embeds = embedding_model()
    except ConfigurationError:  # `check` names it
        embeds = None
    outside = [] if embeds is None or embeds.provider.demonstration else [spec_with_limits(embeds)]
    return [*models(), *outside]


def name_of(model: ModelSpec) -> str:
    return f"{model.provider.name}/{model.name}"


def _redis() -> redis.Redis:
    return redis.Redis.from_url(
        settings.CACHE_URL or "",
        decode_responses=True,
        socket_connect_timeout=PATIENCE_S,
        socket_timeout=PATIENCE_S,
    )


def _parts(known: Sequence[ModelSpec]) -> Iterable[Part]:
    """Of models that have failed, cool down or have limits; of the others there is nothing to say."""
    with _redis() as shared:
        seconds, micros = cast(tuple[int, int], shared.time())
        now = seconds + micros / 1e6
        for model in known:
            limits = list(limits_of(model, 1))
            told, *paid_off = cast(list[str | None], shared.mget([key_of(model), *limits]))
            breaker = parsed(told)
            if limits or breaker.state != "closed" or breaker.cooling > now:
                used = [(name, float(moment or now)) for name, moment in zip(limits, paid_off, strict=True)]
                yield _part(model, breaker, used, now)


def _part(model: ModelSpec, breaker: Breaker, used: list[tuple[str, float]], now: float) -> Part:
    facts = [Fact(label=_limit_words(name), value=f"{max(0.0, moment - now) / MINUTE_S:.0%}") for name, moment in used]
    match admission(breaker, now):
        case Wait(seconds=seconds):
            facts.insert(0, Fact(label=_("Called again in"), value=f"{seconds:.0f} s"))
    if breaker.cause:
        facts.insert(0, Fact(label=_("It failed by"), value=breaker.cause))
    held = breaker.state != "closed" or breaker.cooling > now
    return Part(name=name_of(model), state=_state(breaker, held=held), facts=tuple(facts), reset=held)


def _state(breaker: Breaker, *, held: bool) -> State:
    if breaker.state == "open":
        return "bad"
    return "warn" if held else "ok"


def _limit_words(key: str) -> str:
    whose = _("provider") if key.startswith("lintel:provider:") else _("model")
    what = _("Requests") if key.endswith(":requests") else _("Tokens")
    return _("%(what)s of the %(whose)s's minute") % {"what": what, "whose": whose}
