"""Searches by real processes: whatever happens to the worker or to Redis, and to nobody but whose they are."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.process.apart import broker
from tests.process.people import alice as alice
from tests.process.people import mallory as mallory
from tests.process.searchable import answers, found, look_for, searchable, shelve
from tests.process.stack import Person, Stack, wait_for

pytestmark = [pytest.mark.process, pytest.mark.timeout(300)]  # the first waits for processes with an embedding model

NOTICE = "The lease of the warehouse needs ninety days of notice."


@pytest.fixture(scope="module")
def library(stack: Stack) -> Iterator[Stack]:
    with searchable(stack):
        yield stack


@pytest.fixture(autouse=True)
def as_usual(library: Stack) -> Iterator[None]:
    yield
    library.script(default={})


def embeddings(stack: Stack, words: str) -> int:
    return sum(call["protocol"] == "embeddings" and words in call["question"] for call in stack.calls())


def test_a_killed_workers_search_is_done_by_another(library: Stack, alice: Person) -> None:
    shelve(library, alice, "Lease", NOTICE)
    first = library.start_worker()
    library.script(default={"first_delay_s": 20})
    search = look_for(library, alice, "days of notice, asked by one who dies")
    wait_for(lambda: embeddings(library, "who dies") == 1, what="the first call")
    first.kill()
    library.script(default={})
    second = library.start_worker()
    done = found(library, alice, search)
    assert (done["status"], done["takeovers"]) == ("done", 1)
    assert [passage["text"] for passage in done["passages"]] == [NOTICE]
    assert done["usage"]["estimated"]  # of the call that nobody heard the end of
    rows = library.sql("SELECT number, outcome FROM requests_app_aiattempt WHERE request_id = %s", search["id"])
    assert sorted(rows) == [(1, "worker_lost"), (2, "done")]
    assert library.sql("SELECT state FROM requests_app_budgethold WHERE reference = %s", search["id"]) == [("settled",)]
    second.kill()


def test_an_emptied_redis_loses_no_search(library: Stack, alice: Person) -> None:
    shelve(library, alice, "Lease", NOTICE)
    search = look_for(library, alice, "notice, and nobody is told")
    broker(library).flushall()
    worker = library.start_worker()
    assert found(library, alice, search)["count"] == 1
    worker.kill()


def test_strangers_see_nothing_of_it(library: Stack, alice: Person, mallory: Person) -> None:
    shelve(library, alice, "Lease", NOTICE)
    worker = library.start_worker()
    search = look_for(library, alice, "notice for the lease")
    assert found(library, alice, search)["count"] == 1
    theirs = found(library, mallory, look_for(library, mallory, "notice for the lease"))
    assert NOTICE not in str(theirs["passages"])
    for path in (search["links"]["self"], search["links"]["request"], search["links"]["events"]):
        assert answers(library, mallory, path).status_code == 404
        assert answers(library, None, path).status_code == 401
    url = f"ws://127.0.0.1:{library.port}{search['links']['socket']}"
    with pytest.raises(ConnectionClosed) as refused, connect(url, additional_headers=mallory.headers) as socket:
        socket.recv(timeout=10)
    assert refused.value.rcvd is not None
    assert refused.value.rcvd.code == 4404
    worker.kill()


def test_a_document_that_goes_takes_its_text_along(library: Stack, alice: Person) -> None:
    source = shelve(library, alice, "Lease", NOTICE)
    worker = library.start_worker()
    search = look_for(library, alice, "notice for the lease")
    assert found(library, alice, search)["passages"][0]["document"] == source
    with library.client(alice) as http:
        assert http.delete(f"/api/v1/documents/{source}").status_code == 204
    after = found(library, alice, search)
    assert (after["count"], after["passages"][0]["gone"], after["passages"][0]["text"]) == (1, True, None)
    worker.kill()
