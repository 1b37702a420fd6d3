"""What becomes of an answer that came."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ai.engine import Answered, CallStarting, Failed, failed
from ai.providers.fake import FakeProvider, Script
from ai.types import Usage
from tests.unit.ai.engine.driving import driven, job

SCHEMA = {"type": "object", "properties": {"kind": {"enum": ["billing"]}}, "required": ["kind"]}


async def test_success(fake: FakeProvider) -> None:
    result = await driven(job(fake))
    assert result.end == Answered(text=fake.ledger.calls[0].text)
    assert result.text == fake.ledger.calls[0].text
    assert result.outcomes == ["done"]


async def test_provider_hears_nothing_before_the_generator_is_resumed(fake: FakeProvider) -> None:
    seen: list[int] = []
    await driven(job(fake), lambda _: seen.append(len(fake.ledger.calls)))
    assert seen[0] == 0
    assert seen[-1] == 1


async def test_usage_is_the_bill(fake: FakeProvider) -> None:
    fake.scripts.push(Script(text="done", cached_tokens=2))
    closed = (await driven(job(fake))).closed[0]
    call = fake.ledger.calls[0]
    assert closed.usage == Usage(input_tokens=call.input_tokens - 2, cache_read_tokens=2, output_tokens=1)
    assert closed.cost_usd == (Decimal(call.input_tokens - 2) + Decimal("0.2") + 2) / 1_000_000


async def test_unreported_usage_is_estimated(fake: FakeProvider) -> None:
    fake.scripts.push(Script(text="seven bytes and more", report_usage=False))
    usage = (await driven(job(fake))).closed[0].usage
    assert usage.estimated
    assert usage.input_tokens > 0
    assert usage.output_tokens == 6


async def test_characters_split_over_packets(fake: FakeProvider) -> None:
    fake.scripts.push(Script(text="a🦊𝒜é👩‍👩‍👧", chunk_chars=2, packet_bytes=1))
    assert (await driven(job(fake))).text == "a🦊𝒜é👩‍👩‍👧"


async def test_split_surrogates_are_joined_and_nul_replaced(fake: FakeProvider) -> None:
    fake.scripts.push(Script(chunks=("a\ud83e", "\udd8ab\x00", "\ud83e", "c\udd8a", "d\ud83e")))
    result = await driven(job(fake))
    assert result.text == "a🦊b�" + "�c�d�"
    assert result.end == Answered(text=result.text)


async def test_server_that_keeps_no_limit_is_left(fake: FakeProvider) -> None:
    fake.scripts.push(Script(text="ten bytes, " * 1_000, chunk_chars=110))
    result = await driven(job(fake, max_tokens=100))
    assert result.end == failed("incomplete")
    assert len(result.text) == 990  # 1,050 bytes are more than 100 tokens can be
    assert result.closed[0].usage.estimated
    assert result.closed[0].usage.output_tokens == 315  # what came and was not shown is charged, too


async def test_max_tokens_is_incomplete(fake: FakeProvider) -> None:
    fake.scripts.push(Script(stop="max_tokens"))
    result = await driven(job(fake))
    assert isinstance(result.end, Failed)
    assert (result.end.code, result.outcomes) == ("incomplete", ["incomplete"])


async def test_content_filter_is_a_refusal(fake: FakeProvider) -> None:
    fake.scripts.push(Script(stop="refusal"))
    result = await driven(job(fake))
    assert isinstance(result.end, Failed)
    assert result.end.code == "refused"


async def test_refusal_text_is_no_answer(fake: FakeProvider) -> None:
    fake.scripts.push(Script(text="I cannot.", as_refusal=True))
    result = await driven(job(fake))
    assert result.text == ""
    assert result.outcomes == ["refused"]


async def test_pause_is_incomplete(fake: FakeProvider) -> None:
    fake.scripts.push(Script(text="half", stop="paused"))
    result = await driven(job(fake))
    assert result.end == failed("incomplete")
    assert result.text == "half"


@pytest.mark.parametrize("text", ["", " \n", "\u200b\ufeff"])
async def test_empty_answer_is_asked_for_again_as_it_was(fake: FakeProvider, text: str) -> None:
    fake.scripts.push(Script(text=text), Script(text="now"))
    result = await driven(job(fake))
    assert result.end == Answered(text="now")
    assert result.calls == [("small", "first"), ("small", "reask")]
    assert result.outcomes == ["empty", "done"]
    first, second = fake.ledger.calls
    assert (first.question, first.input_tokens) == (second.question, second.input_tokens)


async def test_empty_twice_fails_without_another_model(fake: FakeProvider) -> None:
    fake.scripts.default = Script(text=" \n")
    result = await driven(job(fake, "small", "large"))
    assert result.end == failed("empty")
    assert len(fake.ledger.calls) == 2


async def test_schema_reaches_the_model(fake: FakeProvider) -> None:
    assert (await driven(job(fake, schema=SCHEMA))).text == '{"kind": "billing"}'


async def test_call_start_names_model_and_reason(fake: FakeProvider) -> None:
    first = (await driven(job(fake))).events[0]
    assert isinstance(first, CallStarting)
    assert (first.model.name, first.reason) == ("small", "first")
