"""A reader gets the exact text, whatever door it uses and wherever its connection is cut."""

from __future__ import annotations

import json
import signal

import httpx2
import pytest
from websockets.exceptions import ConnectionClosedError

from config.local.child import Child
from tests.process.client import ENDLESS, Reading, events, fetch, read, reading_until, server_sent, submit
from tests.process.stack import Person, Stack, directive

TEXT = "Größe 👍🏽 naïve 🇨🇭 日本語 𠜎 e\u0301 done."

pytestmark = pytest.mark.usefixtures("standing_worker")


def test_answer_streams_over_a_socket(stack: Stack, alice: Person) -> None:
    request_id = submit(stack, alice, directive(text=TEXT, chunk_chars=3, chunk_delay_s=0.02))
    reading = read(stack, alice, request_id)
    assert reading.status == "done"
    assert reading.text == TEXT == fetch(stack, alice, request_id)["result"]


def test_events_are_the_same_over_sse(stack: Stack, alice: Person) -> None:
    request_id = submit(stack, alice, directive(text=TEXT, chunk_chars=3, chunk_delay_s=0.02))
    reading = Reading()
    for event in server_sent(stack, alice, request_id):
        reading.take(event)
    assert reading.status == "done"
    assert reading.text == TEXT


def test_chunk_of_any_size_passes_a_client_s_usual_limits(stack: Stack, alice: Person) -> None:
    text = "🦊\x07é" * 400_000  # 2.8 MB; 4.8 MB as JSON, where clients take a megabyte
    stack.script(queue=[{"text": text, "chunk_chars": len(text)}])
    request_id = submit(stack, alice, "A text to summarise.", **ENDLESS)
    reading = read(stack, alice, request_id)
    assert (reading.status, reading.text == text) == ("done", True)
    assert max(len(json.dumps(event, ensure_ascii=False).encode()) for event in reading.events) <= 256 * 1024


def test_client_cut_after_every_event_assembles_the_text(stack: Stack, alice: Person) -> None:
    request_id = submit(stack, alice, directive(text=TEXT * 2, chunk_chars=2, chunk_delay_s=0.03))
    reading = Reading()
    connections = 0
    while not reading.ended:
        reading = read(stack, alice, request_id, reading, most=2)
        connections += 1
    assert reading.text == TEXT * 2
    assert connections > 5


def test_every_position_resumes_exactly(stack: Stack, alice: Person) -> None:
    request_id = submit(stack, alice, directive(text=TEXT))
    whole = read(stack, alice, request_id)
    attempt = whole.events[-1]["position"].split(":")[0]
    for offset in range(len(TEXT) + 1):
        rest = read(stack, alice, request_id, Reading(position=f"{attempt}:{offset}"))
        assert rest.text == TEXT[offset:]
        assert rest.status == "done"


def test_every_position_of_a_running_stream_resumes_exactly(stack: Stack, alice: Person) -> None:
    request_id = submit(stack, alice, directive(text=TEXT, chunk_chars=5, ending="hang"))
    seen = reading_until(stack, alice, request_id, len(TEXT))
    attempt = seen.events[-1]["position"].split(":")[0]
    for offset in range(len(TEXT)):
        rest = reading_until(stack, alice, request_id, len(TEXT) - offset, after=f"{attempt}:{offset}")
        assert rest.text == TEXT[offset:]
    with stack.client(alice) as http:
        http.post(f"/api/v1/requests/{request_id}/cancel")
    assert read(stack, alice, request_id).status == "cancelled"
    assert fetch(stack, alice, request_id)["partial"] == TEXT


@pytest.mark.parametrize("after", ["x", "1", "1:", ":1", "1:-1", "9:0", "1:100000", "1:9999999999", "\u0661:\u0662"])
def test_impossible_position_is_refused(stack: Stack, alice: Person, after: str) -> None:
    request_id = submit(stack, alice, directive(text="short"))
    read(stack, alice, request_id)
    with pytest.raises(ConnectionClosedError) as closed:
        list(events(stack, alice, request_id, after))
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4400
    with stack.client(alice) as http:
        answer = http.get(f"/api/v1/requests/{request_id}/events", params={"after": after})
    assert (answer.status_code, answer.json()["code"]) == (400, "position_invalid")


def test_strangers_find_nothing_at_any_door(stack: Stack, alice: Person, mallory: Person) -> None:
    request_id = submit(stack, alice, directive(text=TEXT))
    read(stack, alice, request_id)
    with stack.client(mallory) as http:
        for method, path in [("GET", ""), ("GET", "/events"), ("POST", "/cancel"), ("POST", "/retry")]:
            assert http.request(method, f"/api/v1/requests/{request_id}{path}").status_code == 404
        assert http.get("/api/v1/requests").json()["results"] == []
    with pytest.raises(ConnectionClosedError) as closed:
        list(events(stack, mallory, request_id))
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4404


def test_nobody_reads_without_credentials(stack: Stack, alice: Person) -> None:
    request_id = submit(stack, alice, directive(text=TEXT))
    with pytest.raises(ConnectionClosedError) as closed:
        list(events(stack, None, request_id))
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4401
    assert httpx2.get(f"{stack.base_url}/api/v1/requests/{request_id}/events").status_code == 401


def test_web_process_serves_without_a_worker_having_to_answer(
    stack: Stack, alice: Person, standing_worker: Child
) -> None:
    standing_worker.tell_all(signal.SIGSTOP)
    try:
        request_id = submit(stack, alice, directive(text=TEXT))
        assert fetch(stack, alice, request_id)["status"] == "pending"
    finally:
        standing_worker.tell_all(signal.SIGCONT)
    assert read(stack, alice, request_id).text == TEXT
