"""How every adapter reaches its server."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import httpx2
from django.conf import settings

READ_SECONDS = 600.0  # the engine owns the deadline and the idle limit; this only outlives them
DRAIN_SECONDS = 0.1
LARGEST_REFUSAL = 64 * 2**10  # bytes of an error's body; its codes stand at its beginning
KEPT_CONNECTIONS = 20  # for every call it starts, the pool looks at each idle connection


def http_client(base_url: str) -> httpx2.AsyncClient:
    """For one server, in place of the SDK's own."""
    return httpx2.AsyncClient(
        timeout=httpx2.Timeout(READ_SECONDS, connect=settings.LINTEL_CONNECT_SECONDS),
        limits=httpx2.Limits(max_connections=None, max_keepalive_connections=_kept_connections(base_url)),
        # A proxy of the environment cannot reach this machine's own loopback.
        trust_env=not _is_loopback(base_url),
        # It would take the question along, and Anthropic's key too, which has a header of its own.
        follow_redirects=False,
        # Compressed, a few bytes could fill the memory that all streams share.
        headers={"Accept-Encoding": "identity"},
        event_hooks={"response": [_within_bounds]},
    )


class _Beginning(httpx2.AsyncByteStream):
    """A body's first bytes: an SDK reads an error's body as a whole before it looks at it."""

    def __init__(self, body: httpx2.AsyncByteStream) -> None:
        self._body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = LARGEST_REFUSAL
        async for received in self._body:
            yield received[:left]
            left -= len(received)
            if left <= 0:
                return

    async def aclose(self) -> None:
        await self._body.aclose()


async def _within_bounds(response: httpx2.Response) -> None:
    """Some servers use gzip unasked, which makes a thousand bytes of one at most; other codings know no such bound."""
    if response.headers.get("Content-Encoding", "identity").strip().lower() not in {"identity", "gzip"}:
        raise httpx2.DecodingError("compressed, though that was not asked for", request=response.request)
    if not response.is_success and isinstance(response.stream, httpx2.AsyncByteStream):
        response.stream = _Beginning(response.stream)


async def drain(body: AsyncIterator[bytes]) -> None:
    """Read the end of the body behind the last event: only then is the connection used again."""
    with contextlib.suppress(TimeoutError, httpx2.HTTPError):
        async with asyncio.timeout(DRAIN_SECONDS):
            async for _ in body:
                pass


def _kept_connections(url: str) -> int:
    """Reuse saves the TLS handshake; without TLS it only risks a connection that the server is just closing.

    On a busy machine llama.cpp's server broke 6 of 18 short calls so, and none of 24 on connections of their own.
    """
    return KEPT_CONNECTIONS if urlsplit(url).scheme == "https" else 0


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"
