"""The values that cross the AI core's edges: frozen, keyword-only, without behaviour worth a mock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal

JSON = Mapping[str, Any]


class StopReason(StrEnum):
    """Why a model ended its answer, in our words; only END is a success."""

    END = "end"
    MAX_TOKENS = "max_tokens"
    REFUSAL = "refusal"
    PAUSED = "paused"
    """It left off on its own, to be resumed by a further call."""
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One turn as every chat API knows it."""

    role: Literal["system", "user", "assistant"]
    content: str
    stable: bool = False
    """The same in every call of its prompt version, so that a provider's cache may keep it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens of one provider call. ``input_tokens`` excludes both cached kinds; ``estimated`` marks a count of ours."""

    input_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    output_tokens: int = 0
    estimated: bool = False


class Capability(StrEnum):
    """What a model takes or gives; what is not listed for it is never sent."""

    TEMPERATURE = "temperature"
    JSON_SCHEMA = "json_schema"
    STREAM_USAGE = "stream_usage"
    MAX_COMPLETION_TOKENS = "max_completion_tokens"
    """The limit of the answer goes by this newer name; without it, by ``max_tokens``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderSpec:
    """A place to call: which adapter, where, and the *name* of the setting that holds its key."""

    name: str
    kind: str
    base_url: str | None
    api_key_setting: str | None
    price_source: str | None = None
    """The provider's id in the price library; None looks for whose address it is."""
    demonstration: bool = False
    """Answers only where nothing else is configured, and pages say so."""
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    """Of all its models together; None: no limit that we keep."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSpec:
    """A model as the catalogue describes it. ``prices``, oldest first, go before those of the price library."""

    name: str
    provider: ProviderSpec
    context_window: int
    max_output_tokens: int
    capabilities: frozenset[Capability]
    prices: tuple[ModelPrice, ...] = ()
    reasoning_effort: str | None = None
    """How hard a reasoning model may think, in its provider's own word."""
    thinking: str | None = None
    """Anthropic's kind of thinking; None: the model's own default."""
    thought_tokens: int = 0
    """Room for thoughts on top of an answer's limit: providers count them as output, and against that limit."""
    cache_from_tokens: int | None = None
    """The shortest beginning that its provider caches where it is marked; None: nothing is marked."""
    first_text_s: float | None = None
    """How long this model may take to its first text; None: no longer than between any two."""
    token_factor: float = 1.0
    """Its tokens over our estimate of them, as measured."""
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPrice:
    """USD per million tokens of each kind, from a day (UTC) on; None: ever since."""

    since: date | None = None
    input: Decimal
    output: Decimal
    cache_read: Decimal
    cache_write: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddingModel:
    """A model that turns a text of at most ``window`` tokens into a vector of ``dimensions``."""

    name: str
    provider: ProviderSpec
    dimensions: int
    window: int
    shortened: bool = False
    """Its own vectors are longer: it is told how long they are to be."""
    prices: tuple[ModelPrice, ...] = ()
    token_factor: float = 1.0

    @property
    def spec(self) -> ModelSpec:
        """As whatever knows of prices and budgets sees it."""
        return ModelSpec(
            name=self.name,
            provider=self.provider,
            context_window=self.window,
            max_output_tokens=0,
            capabilities=frozenset(),
            prices=self.prices,
            token_factor=self.token_factor,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedded:
    """Vectors of length 1, one a text and in their order. ``tokens`` is None where the provider told none."""

    vectors: Sequence[Sequence[float]]
    tokens: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderCall:
    """Everything an adapter needs for one call. What the model cannot do has been left out already."""

    model: ModelSpec
    messages: Sequence[Message]
    max_tokens: int
    temperature: float | None = None
    schema: JSON | None = None
    content_idle_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TextDelta:
    """A piece of answer text, as it came."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """The provider's own terminal event. ``usage`` is None where it sent none."""

    stop_reason: StopReason
    usage: Usage | None
