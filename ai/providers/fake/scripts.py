"""How a call finds its script."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from ai.providers.fake.faults import Chance, fault
from ai.providers.fake.script import Script

DIRECTIVE = re.compile(r"\[\[fake (\{.*?\})\]\]", re.DOTALL)
HEADER = "x-fake-script"
FIELDS = {entry.name for entry in fields(Script)}


def script_from(data: Mapping[str, Any]) -> Script:
    """From JSON; raises ValueError. ``{"fault": name}`` begins with what that fault is."""
    unknown = set(data) - FIELDS
    if unknown:
        raise ValueError(f"a script has no {', '.join(sorted(unknown))}")
    told = dict(data)
    if told.get("chunks") is not None:
        told["chunks"] = tuple(told["chunks"])
    name = told.pop("fault", "")
    return fault(name, **told) if name else Script(**told)


@dataclass(slots=True)
class Scripts:
    """The scripts that wait for calls. A directive in the request wins, then the queue, then the model's own.

    What none of the two first told is subject to ``chance``, where there is one.
    """

    default: Script = field(default_factory=Script)
    by_model: dict[str, Script] = field(default_factory=dict)
    queue: deque[Script] = field(default_factory=deque)
    chance: Chance | None = None

    def push(self, *scripts: Script) -> None:
        self.queue.extend(scripts)

    def load(self, told: Mapping[str, Any]) -> None:
        """A part of ``{"queue": [...], "models": {name: script}, "default": script, "seed": 7, "fault_rate": 0.3}``."""
        if "default" in told:
            self.default = script_from(told["default"])
        for model, script in told.get("models", {}).items():
            self.by_model[model] = script_from(script)
        self.push(*(script_from(script) for script in told.get("queue", ())))
        if "seed" in told:
            self.chance = Chance(seed=told["seed"], fault_rate=told.get("fault_rate", 0.3))

    def choose(self, *, model: str, header: str | None, question: str) -> Script:
        if header is not None:
            return script_from(json.loads(header))
        if told := DIRECTIVE.search(question):
            return script_from(json.loads(told.group(1)))
        if self.queue:
            return self.queue.popleft()
        usual = self.by_model.get(model, self.default)
        return self.chance.play(question, usual) if self.chance else usual
