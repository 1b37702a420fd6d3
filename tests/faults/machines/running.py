"""How state machines are run: the same steps in every run, and none of them hurried."""

from __future__ import annotations

from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test


def run_machine(machine: type[RuleBasedStateMachine], *, examples: int, steps: int) -> None:
    """Raises what the first failing example raises, with its steps and the words that replay it.

    To see the shortest way there, add Phase.shrink: it takes minutes. To roam, take derandomize away.
    """
    how = settings(
        max_examples=examples,
        stateful_step_count=steps,
        phases=[Phase.generate],
        derandomize=True,
        database=None,
        deadline=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=how)


class RolledBack(RuleBasedStateMachine):
    """Each example leaves the database as it found it."""

    def __init__(self) -> None:
        super().__init__()
        self._atomic = transaction.atomic()
        self._atomic.__enter__()

    def teardown(self) -> None:
        connection.set_rollback(True)
        self._atomic.__exit__(None, None, None)
