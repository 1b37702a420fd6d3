"""One client per place and key, built at its first use: after any fork, on the loop that will use it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from django.conf import settings

from ai.providers.base import Provider
from ai.providers.registry import builder_for
from ai.types import ProviderSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    kind: str
    base_url: str | None
    api_key: str | None = field(repr=False)


# Connections belong to an event loop; a process has one, tests have many.
_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[_Place, Provider]] = WeakKeyDictionary()


def client_for(spec: ProviderSpec) -> Provider:
    """The running loop's client for this provider."""
    place = _Place(kind=spec.kind, base_url=spec.base_url, api_key=_api_key(spec))
    clients = _clients.setdefault(asyncio.get_running_loop(), {})
    if place not in clients:
        clients[place] = builder_for(place.kind)(base_url=place.base_url, api_key=place.api_key)
    return clients[place]


async def close_clients() -> None:
    """Close the running loop's clients; the next call builds new ones."""
    for client in _clients.pop(asyncio.get_running_loop(), {}).values():
        await client.aclose()


def load_adapters(specs: Iterable[ProviderSpec]) -> None:
    """Import the SDKs now (1-3 s each), for a worker that is about to serve, instead of within a first call."""
    for kind in {spec.kind for spec in specs}:
        builder_for(kind)


def _api_key(spec: ProviderSpec) -> str | None:
    return getattr(settings, spec.api_key_setting) if spec.api_key_setting else None
