"""What every adapter offers."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import Protocol

from ai.types import Completed, Embedded, EmbeddingModel, ProviderCall, TextDelta


class Provider(Protocol):
    """One place to call, with its connections. Belongs to the event loop on which it was built."""

    def stream(self, call: ProviderCall) -> AsyncGenerator[TextDelta | Completed, None]:
        """Text as it comes, then ``Completed`` once the provider's own terminal event was seen; nothing after it.

        Every failure is an ``ai.errors.ProviderError``, in our own words. Closing the generator closes the socket.
        It neither retries nor keeps time: the engine does.
        """
        ...

    async def aclose(self) -> None: ...


class Embedder(Protocol):
    """One place that turns texts into vectors. Belongs to the event loop on which it first embeds."""

    def count(self, texts: Sequence[str]) -> Sequence[int]:
        """Tokens of each text as the model counts them, or safely more; without a network."""
        ...

    async def embed(self, texts: Sequence[str], model: EmbeddingModel) -> Embedded:
        """One call. Every failure is an ``ai.errors.ProviderError``; a text beyond the window is one, never cut."""
        ...

    async def aclose(self) -> None: ...
