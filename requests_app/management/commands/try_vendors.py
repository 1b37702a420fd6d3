"""`manage.py try_vendors`: does each configured vendor really answer, and what does it take?"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from decimal import Decimal
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from requests_app.money import usd
from requests_app.trial import Outcome, Trial, trials

MOST_USD = Decimal("0.05")
COLUMNS = "{:<11} {:<28} {:<11} {:<10} {:>7} {:>7} {:>12} {:>8} {:>8}"
HEAD = ("vendor", "model", "step", "status", "in", "out", "cost", "first", "in all")


class Command(BaseCommand):
    help = "Ask each configured vendor for a structured answer, a summary, and one that is stopped. Costs real cents."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--user", default="demo", help="whose requests these are (default: demo)")

    def handle(self, *_args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["user"]).first()
        if user is None:
            raise CommandError(f"There is no user {options['user']!r}.")
        planned = list(trials())
        self._refuse_where_in_vain(planned)
        self.stdout.write(COLUMNS.format(*HEAD))
        outcomes = [self._tried(trial, user) for trial in planned]
        faults = [outcome for outcome in outcomes if outcome.fault]
        for outcome in faults:
            model, step = outcome.trial.model.name, outcome.trial.step.name
            self.stderr.write(f"{model}, {step}: {outcome.fault}")
        self.stdout.write(_sum(outcomes))
        sys.exit(1 if faults else 0)

    def _refuse_where_in_vain(self, planned: list[Trial]) -> None:
        if not planned:
            names = "ANTHROPIC_API_KEY, OPENAI_API_KEY or OPENROUTER_API_KEY"
            raise CommandError(f"There is no vendor to try: set {names}.")
        dearest = [(trial.model.name, trial.dearest()) for trial in planned]
        most = sum((cost for _name, cost in dearest if cost is not None), Decimal(0))
        if most > MOST_USD:
            raise CommandError(f"This may cost ${usd(most)}, and the most it may cost is ${MOST_USD}.")
        if unpriced := sorted({name for name, cost in dearest if cost is None}):
            self.stdout.write(f"What {', '.join(unpriced)} may cost is unknown, and bounded by nothing.")

    def _tried(self, trial: Trial, user: User) -> Outcome:
        outcome = trial.run(user)
        self.stdout.write(COLUMNS.format(*_row(outcome)))
        self.stdout.flush()
        return outcome


def _row(outcome: Outcome) -> tuple[str, ...]:
    trial, request = outcome.trial, outcome.request
    about = "~" if request.usage_estimated else ""
    taken = [request.input_tokens, request.cache_read_tokens, request.cache_write_tokens]
    return (
        trial.model.provider.name,
        trial.model.name,
        trial.step.name,
        request.status,
        f"{about}{sum(tokens or 0 for tokens in taken)}",
        f"{about}{request.output_tokens or 0}",
        "unknown" if request.cost_usd is None else f"${usd(request.cost_usd)}",
        _seconds(outcome.first_text_s),
        _seconds(outcome.all_s),
    )


def _seconds(taken: float | None) -> str:
    return "-" if taken is None else f"{taken:.2f} s"


def _sum(outcomes: list[Outcome]) -> str:
    known = [cost for outcome in outcomes if (cost := outcome.request.cost_usd) is not None]
    beside = "" if len(known) == len(outcomes) else f", and {len(outcomes) - len(known)} of unknown cost"
    passed = sum(not outcome.fault for outcome in outcomes)
    return f"{passed} of {len(outcomes)} steps passed for ${usd(sum(known, Decimal(0)))}{beside}."
