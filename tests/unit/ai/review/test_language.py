from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai.review.language import gives_advice, refuses


@pytest.mark.parametrize(
    "text",
    [
        "I cannot stress enough how much this matters.",
        "I can’t help but agree.",
        "The contract cannot be terminated.",
        "Pears are fruit and do not have the ability to reason.",
        "The tenant is unable to pay.",
        'The bot said "I can\'t help with that" twice.',
        "She writes: I cannot help you.",
        "Ich kann gar nicht genug betonen, wie gut das ist.",
        "Je ne saurais trop insister.",
        "No puedo dejar de señalar un error.",
        "Non posso che consigliare il libro.",
        "Não posso deixar de notar um erro.",
        "Ik kan niet genoeg benadrukken hoe goed dit is.",
        "Nie mogę wystarczająco podkreślić, jak ważne to jest.",
    ],
)
def test_innocent(text: str) -> None:
    assert not refuses(text)


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry, but I can't help with that.",
        "Answer: I cannot help with that.",
        "You asked me to insult her: I won't do that.",
        "I must say: I can't help you.",
        "Done. One thing I won't do: I won't write the last part.",
        "Das kann ich leider nicht beantworten.",
        "Je ne peux pas vous aider.",
        "No puedo ayudarte con eso.",
        "Non posso aiutarti.",
        "Não posso ajudar com isso.",
        "Ik kan je daar niet mee helpen.",
        "Nie mogę w tym pomóc.",
    ],
)
def test_refused(text: str) -> None:
    assert refuses(text)


APOSTROPHES = "'’‘ʼ´`＇"
SPACES = " \u00a0\u2009\t"
NOTHING = ["", "\u200b", "\u00ad", "\u2060", "\ufeff"]


@given(
    st.sampled_from(APOSTROPHES), st.sampled_from(SPACES), st.sampled_from(NOTHING), st.sampled_from([str, str.upper])
)
def test_refusal_in_any_type(apostrophe: str, space: str, nothing: str, case: type[str]) -> None:
    text = case(f"I can{apostrophe}t{space}he{nothing}lp with that.")
    assert refuses(text)


@given(st.text(max_size=200))
def test_answers_for_any_text(text: str) -> None:
    assert refuses(text) in (True, False)
    assert gives_advice(text) in (True, False)


HOSTILE = ["i cannot ", "i'm an ai ", "please consult ", '"', " 'a", "dear a\nb\n", " ", "a", '{"a":']


@pytest.mark.parametrize("unit", HOSTILE)
def test_time_is_in_proportion_to_length(unit: str) -> None:
    """Twenty times the text, at most eighty times the work; the square would be four hundred."""
    work("patterns are compiled at first use")
    short, long = (unit * (length // len(unit)) for length in (50_000, 1_000_000))
    assert work(long) < 80 * work(short)


def work(text: str) -> float:
    """Processor time of this thread: others on the machine do not count."""
    begun = time.thread_time()
    refuses(text)
    gives_advice(text)
    return time.thread_time() - begun
