from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai.sanitise import REPLACEMENT, Sanitiser, without_hidden


def cleaned(*deltas: str) -> str:
    clean = Sanitiser()
    return "".join([*map(clean.feed, deltas), clean.flush()])


@pytest.mark.parametrize(
    ("deltas", "expected"),
    [
        (("plain 🦊",), "plain 🦊"),
        (("a\x00b",), f"a{REPLACEMENT}b"),
        (("\ud83e\udd8a",), "🦊"),
        (("\ud83e", "\udd8a"), "🦊"),
        (("\ud83e", "", "\udd8a"), "🦊"),
        (("\ud83e", "x"), f"{REPLACEMENT}x"),
        (("\ud83e\n",), f"{REPLACEMENT}\n"),
        (("\ud83e", "\ud83e\udd8a"), f"{REPLACEMENT}🦊"),
        (("\udd8a", "\ud83e"), REPLACEMENT * 2),
    ],
)
def test_cleaned(deltas: tuple[str, ...], expected: str) -> None:
    assert cleaned(*deltas) == expected


ANYTHING = st.text(st.characters(categories=["Cs", "Cc", "L", "So"]))


@given(ANYTHING, st.data())
def test_deltas_do_not_matter_and_the_result_can_be_stored(text: str, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(text)))
    assert cleaned(text[:cut], text[cut:]) == cleaned(text)
    assert "\x00" not in cleaned(text)
    cleaned(text).encode()


@pytest.mark.parametrize(
    "hidden", ["\u200b", "\u00ad", "\ufeff", "\u202e", "\u2069", "\U000e0041", "\U000e0100", "\u061c"]
)
def test_what_nobody_sees_is_left_out(hidden: str) -> None:
    assert without_hidden(f"Pa{hidden}ris\n\tn'est — 巴黎 🦊") == "Paris\n\tn'est — 巴黎 🦊"
