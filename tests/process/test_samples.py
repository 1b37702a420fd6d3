"""`load_demo` as a process: fourteen days that every oracle finds in order, loaded once, gone when they are cleared."""

# ruff: noqa: S608 - statements of constants

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from config.local.home import REPOSITORY
from config.local.stack import start_services
from tests.faults.oracles import acceptance, budgets, calls, lifecycle, processes, texts
from tests.faults.oracles.facts import Facts, look
from tests.process.stack import Stack, running_stack

pytestmark = [pytest.mark.process, pytest.mark.timeout(1500)]

ORACLES = (
    lifecycle.every_request_ended, lifecycle.nothing_follows_an_end, lifecycle.one_lease_at_a_time,
    calls.answer_is_of_the_last_call, acceptance.one_record_a_call, texts.nothing_is_left_over,
    budgets.spending_is_booked_once, budgets.windows_are_the_sums_of_their_shares,
    budgets.overshoot_is_the_estimates_error, budgets.nothing_is_held_for_the_dead,
    processes.periods_take_effect_once,
)  # fmt: skip
OF_SAMPLES = "FROM requests_app_airequest WHERE team_id IN (SELECT id FROM accounts_team WHERE sample)"
# What could not have been: rows of a request before it or after its end, ids of another time, anything of today.
IMPOSSIBLE = {
    "after its end or before its beginning": "SELECT id::text " + OF_SAMPLES + " AND NOT ("
    "created <= COALESCE(started, created)"
    " AND COALESCE(started, created) <= COALESCE(first_token, completed, started, created)"
    " AND COALESCE(first_token, created) <= COALESCE(completed, now()))",
    "of today or the future": "SELECT id::text " + OF_SAMPLES
    + " AND GREATEST(created, completed) >= date_trunc('day', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'",
    "with an id of another time": "SELECT id::text " + OF_SAMPLES + " AND abs(extract(epoch FROM created)"
    " - ('x' || left(replace(id::text, '-', ''), 12))::bit(48)::bigint / 1000.0) > 5",
    "whose call is of another time": "SELECT usage.reference::text FROM ai_llmusagelog AS usage"
    " JOIN requests_app_airequest AS request ON request.id = usage.reference"
    " WHERE usage.scope IN (SELECT id FROM accounts_team WHERE sample)"
    " AND usage.created NOT BETWEEN request.created AND COALESCE(request.completed, now()) + interval '1 second'",
    "judged by its asker": "SELECT request_id::text FROM requests_app_aireviewqueue AS item"
    " JOIN requests_app_airequest AS request ON request.id = item.request_id WHERE decided_by_id = user_id",
    "of unknown price": "SELECT reference::text FROM ai_llmusagelog WHERE cost_usd IS NULL"
    " AND scope IN (SELECT id FROM accounts_team WHERE sample)",
}  # fmt: skip


def load_demo(stack: Stack, *arguments: str) -> str:
    command = [sys.executable, "manage.py", "load_demo", *arguments]
    done = subprocess.run(
        command, env=stack.environment, cwd=REPOSITORY, capture_output=True, text=True, timeout=1400, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def counts(stack: Stack) -> list[int]:
    return [stack.sql(f"SELECT count(*) FROM {table}")[0][0] for table in TABLES]


TABLES = (
    "accounts_user", "accounts_team", "requests_app_airequest", "requests_app_requestmove", "ai_llmusagelog",
    "requests_app_holdshare", "requests_app_aireviewqueue", "requests_app_reviewaction",
    "requests_app_aioutputfeedback", "requests_app_budgetwindow", "requests_app_usageday",
)  # fmt: skip


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """On servers of its own: what other tests leave behind, and what their workers still do, is not counted here."""
    with (
        start_services(tmp_path_factory.mktemp("samples"), model=False) as services,
        running_stack(services, tmp_path_factory.mktemp("stack")) as stack,
    ):
        yield stack


@pytest.fixture(scope="module")
def loaded(stack: Stack) -> Iterator[list[int]]:
    """What was there before."""
    before = counts(stack)
    said = load_demo(stack)
    assert "day 14 of 14" in said
    yield before
    load_demo(stack, "--clear")


@pytest.fixture(scope="module")
def facts(stack: Stack, loaded: list[int]) -> Facts:
    return look(stack.sql, [request for (request,) in stack.sql("SELECT id::text " + OF_SAMPLES)])


def test_it_is_a_fortnight_of_many(facts: Facts) -> None:
    assert 300 <= len(facts.requests) <= 600
    assert {request.status for request in facts.requests} >= {"done", "failed", "cancelled", "rejected", "review"}
    assert len({request.user for request in facts.requests}) == 5


@pytest.mark.parametrize("oracle", ORACLES, ids=lambda oracle: oracle.__name__)
def test_every_oracle_finds_it_in_order(facts: Facts, oracle: object) -> None:
    assert callable(oracle)
    assert list(oracle(facts)) == []


@pytest.mark.parametrize("what", IMPOSSIBLE)
def test_nothing_in_it_could_not_have_been(stack: Stack, loaded: list[int], what: str) -> None:
    assert stack.sql(IMPOSSIBLE[what]) == []


def test_durations_differ_as_prompts_do(stack: Stack, loaded: list[int]) -> None:
    [(spread, shortest)] = stack.sql(
        "SELECT stddev(extract(epoch FROM completed - created)), min(extract(epoch FROM completed - created)) "
        + OF_SAMPLES + " AND status = 'done' AND NOT gated"
    )  # fmt: skip
    assert spread > 1
    assert shortest > 0.1


def test_a_second_time_adds_nothing(stack: Stack, loaded: list[int]) -> None:
    before = counts(stack)
    assert "is there" in load_demo(stack)
    assert counts(stack) == before


def test_its_database_is_gone(stack: Stack, loaded: list[int]) -> None:
    assert stack.sql(r"SELECT datname FROM pg_database WHERE datname LIKE '%%\_samples'") == []


def test_demo_finds_it_in_history(stack: Stack, loaded: list[int]) -> None:
    [(mine,)] = stack.sql(
        "SELECT count(*) " + OF_SAMPLES + " AND user_id = (SELECT id FROM accounts_user WHERE username = 'demo')"
    )
    assert mine > 50


def test_cleared_is_as_before(stack: Stack, loaded: list[int]) -> None:
    load_demo(stack, "--clear")
    assert counts(stack) == loaded
    assert stack.sql("SELECT id::text " + OF_SAMPLES) == []
    counted = "done + rejected + failed + cancelled + calls + up + down > 0 AND day < current_date"
    assert stack.sql(f"SELECT day FROM requests_app_qualityday WHERE {counted}") == []
