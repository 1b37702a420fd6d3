"""One client per place, built at its first use: after any fork, on the loop that will use it.

A key may change while calls are under way. They end on the client they began with; the next call gets a new one.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from django.conf import settings

from ai.providers.base import Provider
from ai.providers.registry import builder_for
from ai.types import Completed, ProviderCall, ProviderSpec, TextDelta


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    name: str
    kind: str
    base_url: str | None


@dataclass(slots=True, kw_only=True, eq=False)
class _Client:
    """A provider, and how many calls are under way on it."""

    provider: Provider
    api_key: str | None = field(repr=False)
    calls: int = 0
    replaced: bool = False

    async def stream(self, call: ProviderCall) -> AsyncGenerator[TextDelta | Completed, None]:
        self.calls += 1
        try:
            async with aclosing(self.provider.stream(call)) as events:
                async for event in events:
                    yield event
        finally:
            self.calls -= 1
            await self._close_if_done()

    async def aclose(self) -> None:
        """At once, whatever is under way."""
        await self.provider.aclose()

    async def replace(self) -> None:
        self.replaced = True
        await self._close_if_done()

    async def _close_if_done(self) -> None:
        if self.replaced and not self.calls:
            await self.provider.aclose()


# Connections belong to an event loop; a process has one, tests have many.
_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[_Place, _Client]] = WeakKeyDictionary()
_closing: set[asyncio.Task[None]] = set()  # the loop itself keeps no task alive


def client_for(spec: ProviderSpec) -> Provider:
    """The running loop's client for this provider and its key of now."""
    place, api_key = _Place(name=spec.name, kind=spec.kind, base_url=spec.base_url), key_of(spec)
    clients = _clients.setdefault(asyncio.get_running_loop(), {})
    client = clients.get(place)
    if client is None or client.api_key != api_key:
        if client is not None:
            _replace(client)
        built = builder_for(place.kind)(base_url=place.base_url, api_key=api_key)
        client = clients[place] = _Client(provider=built, api_key=api_key)
    return client


def _replace(client: _Client) -> None:
    closing = asyncio.ensure_future(client.replace())
    _closing.add(closing)
    closing.add_done_callback(_closing.discard)


async def close_clients() -> None:
    """Close the running loop's clients; the next call builds new ones."""
    for client in _clients.pop(asyncio.get_running_loop(), {}).values():
        await client.aclose()


def load_adapters(specs: Iterable[ProviderSpec]) -> None:
    """Import the SDKs now (1-3 s each), for a worker that is about to serve, instead of within a first call."""
    for kind in {spec.kind for spec in specs}:
        builder_for(kind)


def key_of(spec: ProviderSpec) -> str | None:
    """A setting holds a key, or what reads it: config.secret."""
    key = getattr(settings, spec.api_key_setting) if spec.api_key_setting else None
    return key() if callable(key) else key
