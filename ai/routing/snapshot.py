"""A catalogue at one moment, frozen, and the one resolver: which route answers an action.

Whoever asks names actions, the most particular first: a prompt's key, then the action that the prompt names. Within one
action the scope decides: exact, level only, priority only, any. What has no route takes the default one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from hashlib import blake2b
from uuid import UUID

from ai.routing.entries import ModelEntry, ProviderEntry

DEFAULT_ACTION = "default"
PRIORITIES = ("fast", "balanced", "quality")
LEVELS = range(1, 10)

Scope = tuple[str, int | None, str | None]  # action, quality level, priority; None: any
Tier = Mapping[str, int]  # names of models, and the weights by which they share the tier's traffic


class QualityLevel(IntEnum):
    """The levels of the tiers that Lintel ships with."""

    ECONOMY = 2
    BALANCED = 5
    PREMIUM = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Who answers, tier after tier. The models that LINTEL_MODELS gives for ``size`` stand in the place of all."""

    scope: Scope
    tiers: tuple[Tier, ...]
    size: str = ""

    @property
    def models(self) -> frozenset[str]:
        return frozenset(name for tier in self.tiers for name in tier)


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """``levels`` maps tiers to quality levels; ``version`` is None where the file counts, not the tables."""

    providers: Mapping[str, ProviderEntry]
    models: Mapping[str, ModelEntry]
    routes: Mapping[Scope, Route]
    levels: Mapping[str, int]
    sizes: tuple[str, ...]
    version: int | None = None

    def route(self, actions: Sequence[str], *, level: int | None, priority: str | None) -> Route | None:
        for action in (*actions, DEFAULT_ACTION):
            for scope in ((level, priority), (level, None), (None, priority), (None, None)):
                if found := self.routes.get((action, *scope)):
                    return found
        return None

    def level_of(self, tier: str) -> int:
        """A tier that nobody knows, or none, is in the middle."""
        return self.levels.get(tier, QualityLevel.BALANCED)


def in_order(tiers: Sequence[Tier], seed: UUID | None) -> list[str]:
    """Each model once. Within a tier a seed draws the order by weight, the same one each time; without, the heaviest
    leads. A weight of 0 stands by only.
    """
    names = [name for tier in tiers for name in sorted(tier, key=lambda name: _turn(name, tier[name], seed))]
    return list(dict.fromkeys(names))


def _turn(name: str, weight: int, seed: UUID | None) -> tuple[float, str]:
    """Efraimidis and Spirakis (2006): -log(u) / weight is the smallest with the chance that the weight gives."""
    if seed is None or not weight:
        return (-weight, name) if seed is None else (math.inf, name)
    digest = blake2b(seed.bytes + name.encode(), digest_size=8).digest()
    chance = (int.from_bytes(digest) + 1) / 2**64
    return -math.log(chance) / weight, name
