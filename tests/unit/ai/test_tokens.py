from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from ai.tokens import answer_limit, estimate, estimate_messages
from ai.types import Message, ModelSpec, ProviderSpec

MODEL = ModelSpec(
    name="small",
    provider=ProviderSpec(name="fake", kind="openai", base_url=None, api_key_setting=None),
    context_window=100,
    max_output_tokens=100,
    capabilities=frozenset(),
)


def test_bytes_not_characters_count() -> None:
    assert estimate("a" * 35, MODEL) == 10
    assert estimate("🦊" * 35, MODEL) == 40


def test_model_factor_applies() -> None:
    assert estimate("a" * 35, replace(MODEL, token_factor=1.5)) == 15


def test_messages_have_an_overhead() -> None:
    assert estimate_messages([Message(role="user", content="a" * 35)], MODEL) == 14


@given(st.text(st.characters(categories=["Cs", "Cc", "L", "So"])))
def test_never_fails_and_no_text_is_free(text: str) -> None:
    assert (estimate(text, MODEL) == 0) == (text == "")


def test_thoughts_get_what_room_the_window_has() -> None:
    question = [Message(role="user", content="a" * 35)]
    thinking = replace(MODEL, max_output_tokens=80, thought_tokens=40)
    assert answer_limit(30, question, MODEL) == 30
    assert answer_limit(30, question, thinking) == 70
    assert answer_limit(50, question, thinking) == 80
    assert answer_limit(30, question, replace(thinking, context_window=60)) == 46
    assert answer_limit(30, question, replace(thinking, context_window=20)) == 30
