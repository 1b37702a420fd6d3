"""The official SDKs parse what the fake provider sends, over TCP."""

from __future__ import annotations

from collections.abc import AsyncIterator

import anthropic
import openai
import pytest

from ai.providers.fake import FakeProvider, Script

QUESTION = "What is in this ticket?"


@pytest.fixture
async def fake() -> AsyncIterator[FakeProvider]:
    async with FakeProvider() as provider:
        yield provider


def openai_client(fake: FakeProvider) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(api_key="none", base_url=fake.openai_url, max_retries=0)


def anthropic_client(fake: FakeProvider) -> anthropic.AsyncAnthropic:
    return anthropic.AsyncAnthropic(api_key="none", base_url=fake.url, max_retries=0)


async def read_openai(fake: FakeProvider, question: str = QUESTION) -> tuple[str, str | None, int]:
    """Text, finish reason and output tokens."""
    text, finish, tokens = "", None, 0
    async with openai_client(fake) as client:
        stream = await client.chat.completions.create(
            model="small", messages=[{"role": "user", "content": question}], stream=True
        )
        async for chunk in stream:
            for choice in chunk.choices:
                text += choice.delta.content or ""
                finish = choice.finish_reason or finish
            tokens = chunk.usage.completion_tokens if chunk.usage else tokens
    return text, finish, tokens


async def read_anthropic(fake: FakeProvider) -> anthropic.types.Message:
    async with anthropic_client(fake) as client:
        manager = client.messages.stream(
            model="small", max_tokens=100, system="Be short.", messages=[{"role": "user", "content": QUESTION}]
        )
        async with manager as stream:
            return await stream.get_final_message()


async def test_openai_stream(fake: FakeProvider) -> None:
    text, finish, tokens = await read_openai(fake)
    call = fake.ledger.calls[0]
    assert (text, finish, tokens) == (call.text, "stop", call.output_tokens)
    assert call.outcome == "done"


async def test_default_text_is_deterministic_and_wide(fake: FakeProvider) -> None:
    first, again, other = [(await read_openai(fake, question))[0] for question in ("a", "a", "b")]
    assert first == again != other
    assert any(ord(character) > 0xFFFF for character in first)


async def test_openai_whole(fake: FakeProvider) -> None:
    async with openai_client(fake) as client:
        answer = await client.chat.completions.create(model="small", messages=[{"role": "user", "content": QUESTION}])
    assert answer.choices[0].message.content == fake.ledger.calls[0].text
    assert answer.usage is not None


async def test_anthropic_stream(fake: FakeProvider) -> None:
    fake.scripts.push(Script(cached_tokens=3, stop="max_tokens"))
    message = await read_anthropic(fake)
    call = fake.ledger.calls[0]
    assert message.content[0].type == "text"
    assert message.content[0].text == call.text
    assert (message.stop_reason, message.usage.output_tokens) == ("max_tokens", call.output_tokens)
    assert (message.usage.input_tokens, message.usage.cache_read_input_tokens) == (call.input_tokens - 3, 3)


async def test_anthropic_whole(fake: FakeProvider) -> None:
    async with anthropic_client(fake) as client:
        message = await client.messages.create(
            model="small", max_tokens=100, messages=[{"role": "user", "content": QUESTION}]
        )
    assert message.content[0].type == "text"
    assert message.content[0].text == fake.ledger.calls[0].text


async def test_openai_rate_limit(fake: FakeProvider) -> None:
    fake.scripts.push(Script(status=429, retry_after="7"))
    with pytest.raises(openai.RateLimitError) as caught:
        await read_openai(fake)
    assert caught.value.response.headers["retry-after"] == "7"
    assert fake.ledger.calls[0].outcome == "rejected"


async def test_anthropic_overload_in_mid_stream(fake: FakeProvider) -> None:
    fake.scripts.push(Script(ending="error", after_chunks=1, error_code="overloaded_error"))
    with pytest.raises(anthropic.APIStatusError) as caught:
        await read_anthropic(fake)
    assert caught.value.type == "overloaded_error"


async def test_anthropic_rate_limit(fake: FakeProvider) -> None:
    fake.scripts.push(Script(status=429))
    with pytest.raises(anthropic.RateLimitError):
        await read_anthropic(fake)


async def test_schema_is_answered_with_fitting_json(fake: FakeProvider) -> None:
    schema: dict[str, object] = {
        "type": "object",
        "properties": {"kind": {"enum": ["billing"]}, "sure": {"type": "boolean"}},
    }
    async with openai_client(fake) as client:
        answer = await client.chat.completions.create(
            model="small",
            messages=[{"role": "user", "content": QUESTION}],
            response_format={"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}},
        )
    assert answer.choices[0].message.content == '{"kind": "billing", "sure": true}'
