"""The providers as workers found them: how their calls of the last hour ended. Nothing is called from here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.moments import first_id_since
from ai.errors import ConfigurationError
from ai.routing import available_providers
from ai.types import ProviderSpec
from requests_app.condition import commands
from requests_app.condition.reading import Fact, Part, Reading, State, worst
from requests_app.models import AIAttempt

WINDOW = timedelta(hours=1)
# The provider did its part, whatever the answer was worth.
ANSWERED = frozenset({"done", "refused", "incomplete", "empty", "output_invalid"})
# We ended the call.
OURS = frozenset({"cancelled", "lost", "worker_lost", "handed_over"})
NO_KEY = "OPENAI_API_KEY=... make run"


@dataclass(slots=True, kw_only=True)
class _Calls:
    """A provider's last hour."""

    answered: int = 0
    failed: int = 0
    last_answer: datetime | None = None
    last_failure: datetime | None = None
    code: str = ""

    def count(self, outcome: str, calls: int, last: datetime) -> None:
        if outcome in ANSWERED:
            self.answered += calls
            self.last_answer = max(last, self.last_answer or last)
        elif outcome not in OURS:
            self.failed += calls
            if self.last_failure is None or last >= self.last_failure:
                self.last_failure, self.code = last, outcome

    @property
    def state(self) -> State:
        if self.last_failure is None:
            return "idle" if self.last_answer is None else "ok"
        if self.last_answer is None:
            return "bad"
        return "ok" if self.last_answer >= self.last_failure else "warn"


def providers() -> Reading:
    try:
        specs = available_providers()
    except ConfigurationError:
        return Reading(state="bad", says=_("The catalogue of models cannot be read."), remedy=(commands.CHECK,))
    if not specs:
        says = _("No provider has a key or an address: nothing can be answered.")
        return Reading(state="bad", says=says, remedy=(NO_KEY,))
    calls = _calls_by_provider()
    parts = tuple(_part(spec, calls.get(spec.name, _Calls())) for spec in specs)
    state = worst(part.state for part in parts)
    return Reading(state=state, says=_says(state), parts=parts, remedy=(commands.CHECK,) if state == "bad" else ())


def _says(state: State) -> str:
    return {
        "ok": _("They answered when last called."),
        "idle": _("No call has ended within the last hour."),
        "warn": _("The last call of one of them failed."),
        "bad": _("One of them answered no call within the last hour."),
    }[state]


def _calls_by_provider() -> dict[str, _Calls]:
    rows: Any = AIAttempt.objects.filter(pk__gte=first_id_since(timezone.now() - WINDOW), closed__isnull=False)
    found: dict[str, _Calls] = {}
    for row in rows.order_by().values("provider", "outcome").annotate(calls=Count("pk"), last=Max("closed")):
        found.setdefault(row["provider"], _Calls()).count(row["outcome"], row["calls"], row["last"])
    return found


def _part(spec: ProviderSpec, calls: _Calls) -> Part:
    facts = [
        Fact(label=_("Last answer"), value=calls.last_answer or _("none within the hour")),
        Fact(label=_("Answered"), value=f"{calls.answered:,}"),
    ]
    if calls.last_failure is not None:
        facts.append(Fact(label=_("Failed"), value=f"{calls.failed:,}"))
        facts.append(Fact(label=_("Last failure"), value=calls.last_failure))
        facts.append(Fact(label=_("Its code"), value=calls.code))
    name = _("%(name)s (demonstration)") % {"name": spec.name} if spec.demonstration else spec.name
    return Part(name=name, state=calls.state, facts=tuple(facts))
