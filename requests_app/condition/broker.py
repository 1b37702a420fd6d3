"""The broker, asked a question that takes it no work; bounded, as a broker may hang."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from time import perf_counter
from typing import Any

import redis
from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext as _

from requests_app.condition import commands
from requests_app.condition.reading import Fact, Reading, State

PATIENCE_S = 0.5  # to connect, and again for each answer
KEEPS_EVERYTHING = "noeviction"
NEARLY_FULL = 0.8


def broker() -> Reading:
    patience = {"socket_connect_timeout": PATIENCE_S, "socket_timeout": PATIENCE_S}
    try:
        with redis.Redis.from_url(settings.BROKER_URL or "", **patience) as client:
            info: Mapping[str, Any] = client.info()
            began = perf_counter()
            client.ping()
            took_ms = (perf_counter() - began) * 1000
    except (redis.RedisError, OSError, ValueError):  # ValueError: no such address
        says = _("It does not answer. Nothing is lost: workers look for requests by themselves, readers too.")
        return Reading(state="bad", says=says, remedy=(commands.ASK_BROKER,))
    state, says, remedy = _judged(info)
    up_since = timezone.now() - timedelta(seconds=info["uptime_in_seconds"])
    return Reading(state=state, says=says, since=up_since, facts=_facts(info, took_ms), remedy=remedy)


def _judged(info: Mapping[str, Any]) -> tuple[State, str, tuple[str, ...]]:
    if info.get("maxmemory_policy", KEEPS_EVERYTHING) != KEEPS_EVERYTHING:
        return "warn", _("It drops keys when its memory is full: wake-ups would vanish."), (commands.KEEP_KEYS,)
    if info.get("maxmemory", 0) and info["used_memory"] >= info["maxmemory"] * NEARLY_FULL:
        return "warn", _("Its memory is nearly full."), (commands.SHOW_MEMORY,)
    return "ok", _("It answers."), ()


def _facts(info: Mapping[str, Any], took_ms: float) -> tuple[Fact, ...]:
    name = "Valkey" if "valkey_version" in info else "Redis"
    most = info.get("maxmemory", 0)
    bound = filesizeformat(most) if most else _("no bound")
    return (
        Fact(label=name, value=str(info.get("valkey_version", info.get("redis_version", "")))),
        Fact(label=_("Answered in"), value=f"{took_ms:.1f} ms"),
        Fact(label=_("Memory"), value=f"{filesizeformat(info['used_memory'])}, {bound}"),
        Fact(label=_("When full"), value=str(info.get("maxmemory_policy", _("unknown")))),
    )
