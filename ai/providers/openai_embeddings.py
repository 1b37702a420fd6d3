"""OpenAI's embeddings, and every server that speaks them: a base URL is all that differs."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import httpx2
import openai

from ai.errors import GarbledStream, ProviderError
from ai.providers.connections import http_client
from ai.providers.embedders import register_embedder
from ai.providers.failures import codes_of, failure_of_status, failure_of_transport
from ai.providers.streaming import count
from ai.tokens import estimate
from ai.types import Embedded, EmbeddingModel

DEFAULT_BASE_URL = "https://api.openai.com/v1"


@register_embedder("openai")
class OpenAIEmbedder:
    def __init__(self, model: EmbeddingModel, api_key: str | None) -> None:
        base_url = model.provider.base_url or DEFAULT_BASE_URL
        self._spec = model.spec
        self._client = openai.AsyncOpenAI(
            api_key=api_key or "none",  # the SDK insists on one; servers without ignore it
            base_url=base_url,
            max_retries=0,
            http_client=http_client(base_url),
        )

    def count(self, texts: Sequence[str]) -> Sequence[int]:
        return [estimate(text, self._spec) for text in texts]

    async def embed(self, texts: Sequence[str], model: EmbeddingModel) -> Embedded:
        wanted: dict[str, Any] = {"dimensions": model.dimensions} if model.shortened else {}
        try:
            answer = await self._client.embeddings.with_raw_response.create(
                input=list(texts),
                model=model.name,
                encoding_format="float",  # servers disagree about the other
                **wanted,
            )
        except (openai.OpenAIError, httpx2.HTTPError) as error:
            failure = _failure(error)
        else:
            return _embedded(answer.http_response.content, len(texts), model.dimensions)
        # Raised outside the handler, so that the SDK's words are not even its context.
        raise failure

    async def aclose(self) -> None:
        await self._client.close()


def _failure(error: Exception) -> ProviderError:
    if isinstance(error, openai.APIStatusError):
        return failure_of_status(error.status_code, error.response.headers, codes_of(error.body))
    return failure_of_transport(error.__cause__ if isinstance(error, openai.APIConnectionError) else error)


def _embedded(body: bytes, wanted: int, dimensions: int) -> Embedded:
    try:
        told = json.loads(body)
        rows = sorted(told["data"], key=lambda row: int(row["index"]))
        vectors = [_unit(row["embedding"]) for row in rows]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise GarbledStream("the answer held no vectors") from error
    if [row["index"] for row in rows] != list(range(wanted)) or any(len(each) != dimensions for each in vectors):
        raise GarbledStream(f"the answer does not hold {wanted} vectors of {dimensions} numbers")
    return Embedded(vectors=vectors, tokens=_tokens(told.get("usage")))


def _unit(numbers: Sequence[float]) -> Sequence[float]:
    """Of length 1, as searches rely on; OpenAI's are, others' need not be."""
    length = math.sqrt(math.fsum(number * number for number in numbers))
    if not math.isfinite(length) or length == 0:
        raise ValueError("a vector without a direction")
    return [number / length for number in numbers]


def _tokens(usage: object) -> int | None:
    return count(usage.get("prompt_tokens")) if isinstance(usage, Mapping) else None
