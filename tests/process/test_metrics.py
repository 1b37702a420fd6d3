"""What /metrics says is what Postgres holds, whichever process counted it."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator, Mapping
from typing import Any

import httpx2
from prometheus_client.parser import text_string_to_metric_families

from config.local.child import Child
from config.local.ports import any_free
from tests.process.client import submit
from tests.process.conftest import QUICK
from tests.process.stack import Person, Stack, directive, wait_for

Figures = dict[tuple[str, ...], float]

SCRIPTS: tuple[dict[str, Any], ...] = (
    {},
    {},
    {"status": 400},
    {"stop": "max_tokens"},
    {"status": 503, "retry_after": "0"},
    {"report_usage": False},
)

# Each counter with the query that says the same, its labels first.
SAME: Mapping[str, tuple[tuple[str, ...], str]] = {
    "lintel_requests_accepted_total": (
        ("prompt", "lane"),
        "SELECT prompt_key, lane, count(*) FROM requests_app_airequest GROUP BY 1, 2",
    ),
    "lintel_requests_finished_total": (
        ("prompt", "status", "code"),
        "SELECT prompt_key, status, error_code, count(*) FROM requests_app_airequest"
        " WHERE completed IS NOT NULL GROUP BY 1, 2, 3",
    ),
    "lintel_calls_total": (
        ("model", "reason", "outcome"),
        "SELECT model, reason, outcome, count(*) FROM requests_app_aiattempt WHERE outcome <> '' GROUP BY 1, 2, 3",
    ),
    "lintel_tokens_total": (
        ("prompt", "model", "kind"),
        "SELECT prompt_key, model, kind, sum(tokens) FROM (SELECT prompt_key, model, unnest(ARRAY['input', 'output'])"
        " AS kind, unnest(ARRAY[input_tokens, output_tokens]) AS tokens FROM ai_llmusagelog AS log"
        " WHERE log.kind = 'call') AS each GROUP BY 1, 2, 3",
    ),
    "lintel_cost_usd_total": (
        ("prompt", "model"),
        "SELECT prompt_key, model, sum(cost_usd) FROM ai_llmusagelog WHERE kind = 'call' AND cost_usd IS NOT NULL"
        " GROUP BY 1, 2",
    ),
    "lintel_queue_wait_seconds_count": (
        ("lane",),
        "SELECT lane, count(*) FROM requests_app_airequest WHERE completed IS NOT NULL AND started IS NOT NULL"
        " GROUP BY 1",
    ),
    "lintel_first_token_seconds_count": (
        ("prompt",),
        "SELECT prompt_key, count(*) FROM requests_app_airequest WHERE completed IS NOT NULL"
        " AND first_token IS NOT NULL GROUP BY 1",
    ),
    "lintel_request_seconds_sum": (
        ("prompt",),
        "SELECT prompt_key, sum(extract(epoch FROM completed - created)) FROM requests_app_airequest"
        " WHERE completed IS NOT NULL GROUP BY 1",
    ),
}


def samples(stack: Stack) -> Iterator[Any]:
    for family in text_string_to_metric_families(httpx2.get(f"{stack.base_url}/metrics").raise_for_status().text):
        yield from family.samples


def listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def counted(stack: Stack) -> dict[str, Figures]:
    found: dict[str, Figures] = {name: {} for name in SAME}
    for sample in samples(stack):
        if sample.name in found:
            labels, _query = SAME[sample.name]
            found[sample.name][tuple(sample.labels[label] for label in labels)] = sample.value
    return found


def stored(stack: Stack) -> dict[str, Figures]:
    return {
        name: {tuple(row[:-1]): float(row[-1]) for row in stack.sql(query)} for name, (_labels, query) in SAME.items()
    }


def gauge(stack: Stack, name: str, **labels: str) -> float:
    (value,) = [sample.value for sample in samples(stack) if (sample.name, sample.labels) == (name, labels)]
    return float(value)


def grown(before: dict[str, Figures], after: dict[str, Figures]) -> dict[str, Figures]:
    """What was added, in millionths."""
    found: dict[str, Figures] = {}
    for name, figures in after.items():
        more = {key: round(value - before[name].get(key, 0.0), 6) for key, value in figures.items()}
        found[name] = {key: value for key, value in more.items() if value}
    return found


def is_over(stack: Stack, ids: list[str]) -> bool:
    query = "SELECT count(*) FROM requests_app_airequest WHERE id = ANY(%s::uuid[]) AND completed IS NOT NULL"
    [(over,)] = stack.sql(query, ids)
    return bool(over == len(ids))


def test_figures_equal_the_rows(stack: Stack, alice: Person, workers: list[Child]) -> None:
    counted_before, stored_before = counted(stack), stored(stack)
    ids = [submit(stack, alice, directive(f"Text {number}.", **script)) for number, script in enumerate(SCRIPTS)]
    hanging = submit(stack, alice, directive("A long one.", ending="hang"))
    wait_for(lambda: gauge(stack, "lintel_requests_running") >= 1, what="a running request")
    with stack.client(alice) as http:
        assert http.post(f"/api/v1/requests/{hanging}/cancel").status_code == 200
    wait_for(lambda: is_over(stack, [*ids, hanging]), what="the end of all")
    # The rows are committed a moment before they are counted.
    wait_for(lambda: grown(counted_before, counted(stack)) == grown(stored_before, stored(stack)), what="equal figures")
    kinds = {key[1] for key in grown(stored_before, stored(stack))["lintel_requests_finished_total"]}
    assert kinds >= {"done", "failed", "cancelled"}


def test_counts_outlive_their_process(stack: Stack, alice: Person, workers: list[Child]) -> None:
    request_id = submit(stack, alice, directive())
    wait_for(lambda: is_over(stack, [request_id]), what="its end")
    done = ("document_summary", "done", "")
    name = "lintel_requests_finished_total"
    before = wait_for(lambda: counted(stack)[name].get(done), what="its count")
    for worker in workers:
        worker.kill()
    assert counted(stack)[name][done] == before
    wait_for(lambda: gauge(stack, "lintel_worker_leases", state="expired") >= 1, what="an expired lease")


def test_queue_is_seen_while_no_worker_lives(stack: Stack, alice: Person, workers: list[Child]) -> None:
    for worker in workers:
        worker.kill()
    submit(stack, alice, directive())
    assert gauge(stack, "lintel_queue_depth", lane="interactive") >= 1
    assert gauge(stack, "lintel_queue_oldest_seconds", lane="interactive") > 0
    assert gauge(stack, "lintel_queue_depth", lane="bulk") == 0
    assert gauge(stack, "lintel_database_up") == 1
    last = stack.start_worker(environment=QUICK)
    wait_for(lambda: gauge(stack, "lintel_queue_depth", lane="interactive") == 0, what="an empty queue")
    last.kill()


def test_worker_shows_its_hosts_counts_to_who_has_the_token(stack: Stack) -> None:
    port = any_free()
    own = {"LINTEL_METRICS_PORT": str(port), "LINTEL_METRICS_TOKEN": "a-token-of-tests"}
    worker = stack.start_worker(environment={**QUICK, **own})
    wait_for(lambda: listens(port), what="the worker's figures")
    url = f"http://127.0.0.1:{port}/metrics"
    assert httpx2.get(url).status_code == 401
    answer = httpx2.get(url, headers={"Authorization": "Bearer a-token-of-tests"})
    assert answer.status_code == 200
    assert "lintel_queue_depth" not in answer.text
    worker.kill()
