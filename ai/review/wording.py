"""An answer's own words, sentence by sentence, in one plain spelling: what the phrases of refusals are looked for in.

Left out is what the answer quotes: text in quotation marks, code, block quotes, and letters written for the reader, from
their salutation to their closing. Where nothing else would be left, the answer is taken as it is: a refusal does not
escape by standing in quotation marks. Of JSON, each text in it is an answer of its own.

Every pattern looks at a character a bounded number of times, so that the time is in proportion to the length.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator

from ai.review.letters import without_letters
from ai.storable import parts

INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\ufeff]"
)
APOSTROPHE = re.compile("(?<=\\w)['’‘ʼʹ′´`‛＇](?=\\w)")
SPACES = re.compile(r"[^\S\n]+")
DASHES = re.compile(" ?[‐-―−]+ ?| -+ ")  # once there are no two spaces together
EMPHASIS = re.compile(r"[*#]+|__|~~")
FENCE = "```"
# Letters of other alphabets that look like ours. None of the languages is written in them.
LOOKALIKES = str.maketrans("аеорсухіјѕԁкмтвнονραιτκ", "aeopcyxijsdkmtbhovpaitk")
UNDECOMPOSED = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe"})

LONGEST_QUOTE = 1000
_WITHIN = rf"{{1,{LONGEST_QUOTE}}}+"
QUOTES = re.compile(
    "|".join(
        [
            r"```[^`]*+(?:```|$)",
            r"`[^`\n]" + _WITHIN + "`",
            r'"[^"\n]' + _WITHIN + '"',
            r"[“„«»‟][^“”„«»\n]" + _WITHIN + "[”“»«]",
            r"(?<!\w)['‘‚‹›](?:[^'‘’‚‹›\n]|(?<=\w)'(?=\w))" + _WITHIN + r"['‘’‹›](?!\w)",
            r"^[ \t]*>[^\n]*+$",
        ]
    ),
    re.MULTILINE,
)
END = re.compile(r"[.!?]+(?=\s|$)|[\n;]+")


def sentences(text: str) -> Iterator[str]:
    for answer in _answers(text):
        plain = _visible(answer)
        for sentence in END.split(_folded(_own(plain))):
            if stripped := sentence.strip(" -"):
                yield stripped


def _answers(text: str) -> list[str]:
    """The text, or each text of the JSON value that it holds."""
    bare = text.strip()
    if bare.startswith(FENCE) and bare.endswith(FENCE):
        bare = bare.removesuffix(FENCE).partition("\n")[2].strip()
    if not bare.startswith(("{", "[")):
        return [text]
    try:
        value = json.loads(bare)
    except (ValueError, RecursionError):
        return [text]
    return [part for _, part in parts(value) if isinstance(part, str)]


def _visible(text: str) -> str:
    text = APOSTROPHE.sub("'", INVISIBLE.sub("", text).replace("´", "'"))
    return APOSTROPHE.sub("'", unicodedata.normalize("NFKC", text))


def _own(text: str) -> str:
    for left_out in (_unquoted, without_letters):
        left = left_out(text)
        if any(map(str.isalnum, left)):
            text = left
    return text


def _unquoted(text: str) -> str:
    return QUOTES.sub(" … ", text)


def _folded(text: str) -> str:
    """Lower case, no accents, one kind of space, dash and apostrophe."""
    decomposed = unicodedata.normalize("NFD", text.casefold())
    plain = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    plain = plain.translate(UNDECOMPOSED).translate(LOOKALIKES)
    return DASHES.sub(" - ", SPACES.sub(" ", EMPHASIS.sub("", plain.replace("’", "'"))))
