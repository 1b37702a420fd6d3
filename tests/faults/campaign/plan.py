"""What a round does, drawn from its seed: the same seed gives the same steps and the same submissions."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Literal

from tests.faults.campaign.options import Options

# Each once a round, in an order of the seed's. What lasts may have a worker killed inside it.
LASTING = (
    "redis_stall",
    "redis_pause",
    "redis_away",
    "postgres_stall",
    "provider_stall",
    "provider_away",
    "provider_cuts_after",
    "no_beat",
    "three_beats",
)
SUDDEN = (
    "freeze_worker",
    "freeze_worker",
    "kill_web",
    "kill_web",
    "redis_restart",
    "redis_flush",
    "redis_cut",
    "postgres_restart",
    "postgres_crash",
    "postgres_connection_killed",
    "postgres_cut",
    "provider_cut",
    "cut_readers",
    "cut_readers",
    "deliver_again",
    "deadly_request",
    "kill_jobs",
    "roll_workers",
)
# Those that pass, or end an answer otherwise; what lasts longer than a request may is not among them.
PROVIDER_FAULTS = (
    "rate_limit", "server_error", "overloaded", "bad_gateway_page", "vanish", "cut", "drop", "reset", "garbage",
    "overload_event", "unfinished", "silence", "pings_only", "slow_head", "max_tokens", "refusal", "empty",
    "split_characters", "gzip", "no_usage", "cached_input", "ended_twice", "text_after_end",
)  # fmt: skip
WORDS = ("the", "quick", "brown", "🦊", "jumps", "over", "a", "lazy", "🐶", "naïve", "café", "日本語", "e\u0301")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A fault; ``kill`` has a worker killed inside it. A race is a step too."""

    fault: str
    chance: int
    kill: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderPlan:
    """One reader: cut off after so many events each time, and perhaps through a proxy that cuts after some bytes."""

    kind: Literal["ws", "sse"]
    cuts: tuple[int, ...] = ()
    ragged: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One request of a client's, and what the client does with it."""

    mark: str
    document: str
    poor: bool
    priority: str
    deadline_s: int
    readers: tuple[ReaderPlan, ...]
    cancel_after_s: float | None = None
    polls: int = 0
    replay: bool = False
    delete: bool = False
    trespass: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    seed: int
    options: Options
    steps: Sequence[Step] = field(default_factory=tuple)

    def __str__(self) -> str:
        return f"seed {self.seed}: " + " ".join(f"{step.fault}{'+kill' if step.kill else ''}" for step in self.steps)

    def submissions(self, client: int) -> Iterator[Submission]:
        """As many as there is time for."""
        random = Random(f"{self.seed}:client:{client}")
        while True:
            yield _submission(random)


def draw(seed: int, options: Options) -> Plan:
    random = Random(f"{seed}:plan")
    inside = set(random.sample(LASTING, min(len(LASTING) // 2, options.kills)))
    names = ["kill_worker"] * (options.kills - len(inside)) + ["race"] * options.races + [*LASTING, *SUDDEN]
    random.shuffle(names)
    steps = [Step(fault=name, chance=random.randrange(2**32), kill=name in inside) for name in names]
    return Plan(seed=seed, options=options, steps=tuple(steps))


def _submission(random: Random) -> Submission:
    mark = new_mark(random)
    kind = random.random()
    return Submission(
        mark=mark,
        document=f"{mark} {_asked(random, mark)}",
        poor=random.random() < 0.25,
        priority=random.choice(("balanced", "fast")),
        deadline_s=random.choice((30, 60, 120)),
        readers=tuple(_reader(random) for _each in range(random.choice((0, 1, 1, 2, 3)))),
        cancel_after_s=random.uniform(0, 2) if kind < 0.12 else None,
        polls=random.choice((0, 0, 1, 3)),
        replay=random.random() < 0.3,
        delete=random.random() < 0.1,
        trespass=random.random() < 0.2,
    )


def new_mark(random: Random) -> str:
    """A word that nobody else says, for whoever looks where it turns up."""
    return f"mark-{random.getrandbits(64):016x}"


def _asked(random: Random, mark: str) -> str:
    """What the provider is to play: told by name, or nothing told, and then its own seed decides."""
    told = random.random()
    if told < 0.15:
        return "Summarise this."
    text = f"{mark} says " + " ".join(random.choices(WORDS, k=random.randint(8, 40)))
    script: dict[str, Any] = {
        "text": text, "chunk_chars": random.randint(2, 9), "chunk_delay_s": round(random.uniform(0.01, 0.08), 3),
    }  # fmt: skip
    if told < 0.27:
        script |= {"fault": random.choice(PROVIDER_FAULTS), "after_chunks": random.randint(0, 6)}
    return directive(script)


def directive(script: dict[str, Any]) -> str:
    """For the fake: in ASCII, so that what stands in the text is the same in all its copies."""
    return f"[[fake {json.dumps(script)}]]"


def _reader(random: Random) -> ReaderPlan:
    cuts = tuple(random.randint(1, 12) for _each in range(random.choice((0, 1, 2, 4))))
    return ReaderPlan(kind=random.choice(("ws", "sse")), cuts=cuts, ragged=random.random() < 0.3)
