"""Who pays for calls outside of requests: commands, jobs, embeddings. The composition root says how (config.wiring)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from ai.errors import ConfigurationError
from ai.tracking import LLMUsageLog
from ai.types import ModelSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One piece of work. What is held for it is given back at the latest some time after ``expires_s``."""

    reference: UUID
    subject: UUID
    scope: UUID
    expires_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """The most that a call may use."""

    model: ModelSpec
    input_tokens: int
    output_tokens: int


class Meter(Protocol):
    """Each is one commit. What ``hold`` and ``top_up`` raise is for whoever asked: no call is made then."""

    def hold(self, account: Account, cover: Cover) -> None: ...

    def top_up(self, account: Account, cover: Cover) -> None: ...

    def settle(self, account: Account, used: LLMUsageLog) -> None:
        """In the transaction that writes the record."""

    def close(self, account: Account) -> None: ...


_meter: Meter | None = None


def install(meter: Meter) -> None:
    global _meter
    _meter = meter


def meter() -> Meter:
    if _meter is None:
        raise ConfigurationError("No meter is installed: nothing would bound what calls cost (config.wiring).")
    return _meter
