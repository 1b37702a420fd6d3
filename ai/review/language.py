"""Does an answer refuse, does it send its reader to a professional: phrases, looked for sentence by sentence."""

from __future__ import annotations

import re
from functools import cache

from ai.review.advice import ADVICE, NOT_ADVICE
from ai.review.refusals import INNOCENT, REFUSALS, REPORTED
from ai.review.wording import sentences

# In phrases, spaces included: "~" up to three words, "~~" up to eight. A word is never looked at twice.
WORD = r"\b"
GAPS = (("~~", r"(?:\S++ ){0,8}"), ("~", r"(?:\S++ ){0,3}"))


def refuses(text: str) -> bool:
    return any(_refuses(sentence) for sentence in sentences(text))


def gives_advice(text: str) -> bool:
    advice, foreign = _any_of(ADVICE), _any_of(NOT_ADVICE)
    return any(advice.search(sentence) and not foreign.search(sentence) for sentence in sentences(text))


def _refuses(sentence: str) -> bool:
    """What follows "she writes:" is hers."""
    reported = _any_of(REPORTED).search(sentence)
    own = sentence[: reported.start()] if reported else sentence
    return bool(_any_of(REFUSALS).search(own)) and not _any_of(INNOCENT).search(own)


@cache
def _any_of(phrases: tuple[str, ...]) -> re.Pattern[str]:
    """Compiled at first use: the web process only reads declarations. Each is looked for where a word begins alone."""
    pattern = rf"(?<!\w)(?=\w)(?:{'|'.join(phrase.removeprefix(WORD) for phrase in phrases)})"
    for gap, words in GAPS:
        pattern = pattern.replace(gap, words)
    return re.compile(pattern)
