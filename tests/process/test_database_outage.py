"""PostgreSQL away, silent, or cutting connections: 503 in bounded time, and afterwards everything goes on."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from websockets.exceptions import ConnectionClosed

from config.local.child import Child
from tests.faults.proxy import Proxy
from tests.process.apart import LIMITS, PACE, apart, ask, books_balance, signed_in
from tests.process.client import Reading, events, fetch, read, reading_until, submit
from tests.process.stack import Person, Stack, directive, wait_for

pytestmark = pytest.mark.timeout(600)
LONG = "Быстрая 🦊 прыгает через ленивую 🐶. " * 8
SLOW = {"text": LONG, "chunk_chars": 4, "chunk_delay_s": 0.1}
# With a web server of eight threads, each of which waited by itself for some seconds, the last would wait for minutes.
PATIENCE_S = 30
PAGES = (
    "/", "/login", "/history", "/history/rows", "/history.csv", "/requests/{id}", "/requests/{id}/answer",
    "/requests/{id}/state", "/recent", "/operations", "/operations/database", "/operations/workers", "/account",
    "/account/password", "/account/tokens", "/account/teams", "/account/budgets", "/admin/", "/admin/login/",
    "/admin/requests_app/airequest/", "/admin/search/?q=a", "/api/docs", "/readyz", "/healthz",
)  # fmt: skip
API = (
    "/api/schema", "/api/v1/prompts", "/api/v1/prompts/document_summary", "/api/v1/budget", "/api/v1/requests",
    "/api/v1/requests/{id}", "/api/v1/requests/{id}/events",
)  # fmt: skip

FORMS = ("/", "/login", "/logout", "/requests/{id}/stop", "/account/tokens")

Question = tuple[httpx2.Client, str, str, dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Web and worker reach their database through ``link``; the tests' own questions go past it."""

    stack: Stack
    link: Proxy
    worker: Child


@pytest.fixture(scope="module")
def site(stack: Stack) -> Iterator[Site]:
    postgres = stack.services.postgres
    assert postgres.port is not None
    with Proxy(postgres.port) as link:
        url = postgres.url.replace(f":{postgres.port}/", f":{link.port}/")
        with apart(stack, **LIMITS, DATABASE_URL=url):
            yield Site(stack=stack, link=link, worker=stack.start_worker())


def lose(site: Site, kind: str) -> None:
    if kind == "silent":
        site.link.stall()
    else:
        site.link.refuse()
        site.link.cut()


@pytest.mark.parametrize("kind", ["away", "silent"])
def test_every_address_says_503_and_what_runs_goes_on(site: Site, kind: str) -> None:
    stack, alice = site.stack, site.stack.person()
    stack.sql("UPDATE accounts_user SET is_staff = true, is_superuser = true WHERE id = %s", alice.id)
    browser = signed_in(stack, alice)
    running = submit(stack, alice, directive(**SLOW))
    reading = reading_until(stack, alice, running, 8)
    lose(site, kind)
    try:
        answers = ask_all(browser, alice, running)
        assert close_code(stack, alice, running) == 4503
        assert browser.get("/livez").status_code == 200
    finally:
        site.link.resume()
    wrong = {path: answer.status_code for path, answer in answers if answer.status_code != 503}
    assert not wrong
    assert not [path for path, answer in answers if not answer.headers.get("retry-after")]
    everything_goes_on(site, alice, running, reading)


def ask_all(browser: httpx2.Client, person: Person, request_id: str) -> list[tuple[str, httpx2.Response]]:
    """Every address at once, pages as a browser and the API as a program."""
    form = {"prompt_key": "document_summary", "csrfmiddlewaretoken": browser.cookies["csrftoken"]}
    body = {"prompt_key": "document_summary", "payload": {"document": "Never."}}
    program = httpx2.Client(base_url=browser.base_url, headers=person.headers)
    questions: list[Question] = [
        *((browser, "GET", path, {}) for path in (*PAGES, *API)),
        *((browser, "POST", path, {"data": form}) for path in FORMS),
        *((program, "GET", path, {}) for path in API),
        (program, "POST", "/api/v1/requests", {"json": body}),
    ]

    def answer(question: Question) -> tuple[str, httpx2.Response]:
        http, method, path, content = question
        return path, http.request(method, path.format(id=request_id), timeout=PATIENCE_S, **content)

    with ThreadPoolExecutor(len(questions)) as threads:
        return list(threads.map(answer, questions))


def close_code(stack: Stack, person: Person, request_id: str) -> int | None:
    with pytest.raises(ConnectionClosed) as closed:
        list(events(stack, person, request_id))
    return closed.value.rcvd.code if closed.value.rcvd else None


def everything_goes_on(site: Site, person: Person, running: str, reading: Reading) -> None:
    stack = site.stack
    assert read(stack, person, running, reading).text == LONG
    assert fetch(stack, person, running)["result"] == LONG
    wait_for(lambda: books_balance(stack, person), what="closed holds")
    calls = stack.sql("SELECT number, outcome FROM requests_app_aiattempt WHERE request_id = %s ORDER BY 1", running)
    charged = stack.sql("SELECT attempt FROM ai_llmusagelog WHERE reference = %s AND kind = 'call' ORDER BY 1", running)
    assert [number for number, _outcome in calls] == [attempt for (attempt,) in charged]
    assert [outcome for _number, outcome in calls][-1] == "done"
    assert read(stack, person, submit(stack, person, directive(text="Fine."))).text == "Fine."
    assert site.worker.exit_code() is None


def test_connections_that_are_ended_cost_no_request(site: Site) -> None:
    stack, alice = site.stack, site.stack.person()
    running = submit(stack, alice, directive(**SLOW))
    reading = reading_until(stack, alice, running, 8)
    for _each in range(PACE - 2):
        ended = stack.sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'lintel_app' AND state = 'idle'"
        )
        assert len(ended) > 1
        answer = ask(stack, alice, text="Fine.")
        assert answer.status_code == 202
        assert read(stack, alice, answer.json()["id"]).text == "Fine."
    assert fetch(stack, alice, running)["attempt"] == 1
    everything_goes_on(site, alice, running, reading)


def test_acceptance_whose_answer_was_lost_is_repeated_by_its_key(site: Site) -> None:
    """The commit may or may not have reached the server: the client sends the same again."""
    stack, alice = site.stack, site.stack.person()
    body = {"prompt_key": "document_summary", "payload": {"document": directive(text="Once.")}}
    with stack.client(alice) as http:
        http.get("/api/v1/requests")
        site.link.stall()
        lost = http.post("/api/v1/requests", json=body, headers={"Idempotency-Key": "k"}, timeout=60)
        site.link.resume()
        again = http.post("/api/v1/requests", json=body, headers={"Idempotency-Key": "k"})
        listed = http.get("/api/v1/requests").json()["results"]
    assert [lost.status_code, again.status_code] == [503, 202]
    assert [row["id"] for row in listed] == [again.json()["id"]]
    assert read(stack, alice, again.json()["id"]).text == "Once."
    wait_for(lambda: books_balance(stack, alice), what="closed holds")
