"""Faults by name, by seed, and at the level of bytes."""

from __future__ import annotations

import gzip
import json
from typing import Any

import anthropic
import httpx2
import pytest

from ai.providers.fake import FAULTS, Chance, FakeProvider, Script, Scripts, fake_provider, fault

CHAT = "/v1/chat/completions"


def ask(text: str = "hello", **more: Any) -> dict[str, Any]:
    return {"model": "small", "messages": [{"role": "user", "content": text}], "stream": True, **more}


def posted(fake: FakeProvider, text: str = "hello", path: str = CHAT) -> httpx2.Response:
    return httpx2.post(f"{fake.url}{path}", json=ask(text), trust_env=False, timeout=5)


def played(fake: FakeProvider, script: Script, path: str = CHAT) -> httpx2.Response:
    fake.scripts.push(script)
    return posted(fake, path=path)


def test_directive_names_a_fault_and_changes_it() -> None:
    with fake_provider() as fake:
        posted(fake, '[[fake {"fault": "cut", "text": "abcdef", "chunk_chars": 2, "after_chunks": 1}]]')
        call = fake.ledger.calls[0]
    assert (call.text, call.outcome, call.completed) == ("ab", "cut", False)
    assert call.script == {"fault": "cut", "text": "abcdef", "chunk_chars": 2, "ending": "cut", "after_chunks": 1}


def test_unknown_fault_is_named() -> None:
    with fake_provider() as fake:
        answer = posted(fake, '[[fake {"fault": "rain"}]]')
    assert answer.status_code == 400
    assert "'rain' is none of" in answer.text


def test_same_seed_plays_the_same_whatever_the_order() -> None:
    questions = [f"question {number % 20}" for number in range(40)]
    one, two = Chance(seed=7, fault_rate=0.5), Chance(seed=7, fault_rate=0.5)
    forwards = {(q, n): one.play(q, Script()) for n, q in enumerate(questions[:20])}
    backwards = {(q, n): two.play(q, Script()) for n, q in reversed(list(enumerate(questions[:20])))}
    assert forwards == backwards
    faults = [script.fault for script in forwards.values() if script.fault]
    assert 4 <= len(faults) <= 16
    assert forwards != {(q, n): Chance(seed=8, fault_rate=0.5).play(q, Script()) for n, q in enumerate(questions[:20])}


def test_a_repeated_question_has_another_fate() -> None:
    chance = Chance(seed=1, fault_rate=0.5)
    assert len({chance.play("the same", Script()).fault for _again in range(20)}) > 5


def test_chance_keeps_what_the_fault_does_not_change() -> None:
    scripts = Scripts(default=Script(text="mine"), chance=Chance(seed=3, fault_rate=1.0))
    with fake_provider(scripts=scripts) as fake:
        script = fake.scripts.choose(model="small", header=None, question="hello")
    assert script.fault in FAULTS
    assert script.text == "mine"


def test_told_scripts_are_not_subject_to_chance() -> None:
    scripts = Scripts(chance=Chance(seed=3, fault_rate=1.0))
    with fake_provider(scripts=scripts) as fake:
        assert played(fake, Script(text="told")).status_code == 200
    assert fake.ledger.calls[0].text == "told"


def test_every_fault_can_be_told_in_json() -> None:
    for name, script in FAULTS.items():
        assert fault(name).told() == {**script.told(), "fault": name}
        json.dumps(fault(name).told())


def test_proxy_page() -> None:
    with fake_provider() as fake:
        answer = played(fake, fault("bad_gateway_page"))
    assert (answer.status_code, answer.headers["content-type"]) == (502, "text/html; charset=utf-8")
    assert "<h1>Bad Gateway</h1>" in answer.text


def test_error_with_status_200() -> None:
    with fake_provider() as fake:
        answer = played(fake, fault("error_with_200"))
    assert (answer.status_code, answer.json()["type"]) == (200, "error")


def test_vanishing_sends_no_byte() -> None:
    with fake_provider() as fake, pytest.raises(httpx2.RemoteProtocolError, match="without sending"):
        played(fake, fault("vanish"))


def test_gzip_is_readable_as_it_comes() -> None:
    with fake_provider() as fake:
        fake.scripts.push(Script(text="abc", gzip=True))
        with httpx2.stream("POST", f"{fake.url}{CHAT}", json=ask(), trust_env=False) as response:
            parts = list(response.iter_raw())
    assert response.headers["content-encoding"] == "gzip"
    assert gzip.decompress(b"".join(parts)).endswith(b"data: [DONE]\n\n")


@pytest.mark.parametrize(
    ("framing", "header"), [("chunked", "transfer-encoding"), ("length", "content-length"), ("close", "connection")]
)
def test_framings_carry_the_same_events(framing: Any, header: str) -> None:
    with fake_provider() as fake:
        answer = played(fake, Script(text="abc", framing=framing))
    assert header in answer.headers
    assert answer.text.endswith("data: [DONE]\n\n")


def test_buffered_body_that_breaks_off_brings_nothing() -> None:
    with fake_provider() as fake, pytest.raises(httpx2.RemoteProtocolError):
        played(fake, Script(text="abc", framing="length", ending="drop"))


async def test_away_refuses_connections() -> None:
    async with FakeProvider() as fake, httpx2.AsyncClient(base_url=fake.url, trust_env=False) as client:
        async with fake.away():
            with pytest.raises(httpx2.ConnectError):
                await client.post(CHAT, json=ask())
        assert (await client.post(CHAT, json=ask())).status_code == 200
    assert len(fake.ledger.calls) == 1


@pytest.mark.parametrize(
    ("ending", "ends", "completed"),
    [("done", 1, True), ("unfinished", 0, False), ("twice", 2, True), ("more", 1, True)],
)
@pytest.mark.parametrize(("path", "mark"), [(CHAT, "data: [DONE]"), ("/v1/messages", "event: message_stop")])
def test_terminal_events(ending: Any, ends: int, path: str, mark: str, *, completed: bool) -> None:
    with fake_provider() as fake:
        body = played(fake, Script(text="abc", ending=ending), path).text
    assert body.count(mark) == ends
    assert (" and more" in body.rpartition(mark)[2]) is (ending == "more")
    assert fake.ledger.calls[0].completed is completed


def test_empty_anthropic_answer_has_no_block() -> None:
    with fake_provider() as fake:
        assert "content_block" not in played(fake, fault("empty"), "/v1/messages").text


@pytest.mark.parametrize("odd", ["negative", "huge", "words", "null"])
@pytest.mark.parametrize(("path", "name"), [(CHAT, "prompt_tokens"), ("/v1/messages", "input_tokens")])
def test_odd_usage(odd: Any, path: str, name: str) -> None:
    wrong = {"negative": "-7", "huge": "1000000000000000", "words": '"many"', "null": "null"}[odd]
    with fake_provider() as fake:
        assert f'"{name}":{wrong}' in played(fake, Script(odd_usage=odd), path).text


def test_missing_usage() -> None:
    with fake_provider() as fake:
        for path in (CHAT, "/v1/messages"):
            assert "usage" not in played(fake, fault("no_usage"), path).text


async def test_anthropic_cache_figures_and_unknown_stop_as_its_sdk_reads_them() -> None:
    async with FakeProvider() as fake:
        fake.scripts.push(Script(cached_tokens=3, cache_write_tokens=2, stop="context_window"))
        async with (
            anthropic.AsyncAnthropic(api_key="none", base_url=fake.url, max_retries=0) as client,
            client.messages.stream(
                model="small", max_tokens=9, messages=[{"role": "user", "content": "a long question, cached in part"}]
            ) as stream,
        ):
            message = await stream.get_final_message()
    usage, call = message.usage, fake.ledger.calls[0]
    assert (usage.cache_read_input_tokens, usage.cache_creation_input_tokens) == (3, 2)
    assert usage.input_tokens == call.input_tokens - 5
    assert message.stop_reason == "model_context_window_exceeded"
