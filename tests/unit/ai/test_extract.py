"""What comes out of an answer's text: the value as it stands, the value mended, or what is wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ai.extract import LONGEST, LONGEST_FLAW, LONGEST_MENDED, MOST_FLAWS, Extracted, Unfit, extract

NUMBER = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
LOOSE = {"type": "object"}
NUMBERS = {"type": "array", "items": {"type": "integer"}}
WORDS = {"type": "array", "items": {"type": "string"}}
TEXT = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}
ANYTHING: dict[str, Any] = {}

AS_IT_STANDS: list[tuple[str, dict[str, Any], Any]] = [
    ('{"n": 1}', NUMBER, {"n": 1}),
    (' \n{"n": 1}\n', NUMBER, {"n": 1}),
    ('\u00a0{"n": 1}\u2003', NUMBER, {"n": 1}),
    ('\ufeff{"n": 1}', NUMBER, {"n": 1}),
    ('```json\n{"n": 1}\n```', NUMBER, {"n": 1}),
    ('\n```\n{"n": 1}```\n', NUMBER, {"n": 1}),
    ('```JSON \n\n{"n": 1}\n\n```', NUMBER, {"n": 1}),
    ('```javascript\n{"n": 1}\n```', NUMBER, {"n": 1}),
    ("```python\n[1, 2]\n```", NUMBERS, [1, 2]),
    ('```json5 strict\n{"n": 1}\n```', NUMBER, {"n": 1}),
    ('```{"n": 1}```', NUMBER, {"n": 1}),
    ('Here it is:\n```json\n{"n": 1}\n```\nAnything else?', NUMBER, {"n": 1}),
    ('{"n": 1}}', NUMBER, {"n": 1}),
    ('{"n": 1} and more', NUMBER, {"n": 1}),
    ('so: {"n": 1}', NUMBER, {"n": 1}),
    ('The "answer" is {"n": 1}.', NUMBER, {"n": 1}),
    ('Don\'t worry: {"n": 1}', NUMBER, {"n": 1}),
    ('As [1] says: {"n": 1}', NUMBER, {"n": 1}),
    ('As {the paper} says: {"n": 1}', NUMBER, {"n": 1}),
    ('{"n": 1}\n{"n": 1}', NUMBER, {"n": 1}),
    ('{"m": 1}\n{"n": 2}', NUMBER, {"n": 2}),
    ('{"text": "a } b { c ] d"}, I think', TEXT, {"text": "a } b { c ] d"}),
    ('I say {"text": "she said \\"{\\" once"}', TEXT, {"text": 'she said "{" once'}),
    ('{"text": "Grüße 🦊 данные"}', TEXT, {"text": "Grüße 🦊 данные"}),
    ('{"text": "\\ud83e\\udd8a"}', TEXT, {"text": "🦊"}),
    ('{"n": 1, "n": 2}', NUMBER, {"n": 2}),
    ("{}", LOOSE, {}),
    ("[]", NUMBERS, []),
    ("7", {"type": "integer"}, 7),
    ('"yes"', {"enum": ["yes", "no"]}, "yes"),
    ('```\n"yes"\n```', {"enum": ["yes", "no"]}, "yes"),
    ("null", {"type": "null"}, None),
    ('{"n": -0.5e-3}', LOOSE, {"n": -0.0005}),
]

MENDED: list[tuple[str, dict[str, Any], Any]] = [
    ("{'n': 1}", NUMBER, {"n": 1}),
    ('{"n": 1,}', NUMBER, {"n": 1}),
    ("{n: 1}", NUMBER, {"n": 1}),
    ('{"n": 1 // one\n}', NUMBER, {"n": 1}),
    ('{/* one */ "n": 1}', NUMBER, {"n": 1}),
    ('{"n": 1 "m": 2}', NUMBER, {"n": 1, "m": 2}),
    ('{"text": "one\ntwo"}', TEXT, {"text": "one\ntwo"}),
    ("{'text': 'Grüße 🦊'}", TEXT, {"text": "Grüße 🦊"}),
    ("{'yes': True, 'no': False, 'none': None}", LOOSE, {"yes": True, "no": False, "none": None}),
    ("[1, 2, 3,]", NUMBERS, [1, 2, 3]),
    ("['a', 'b']", WORDS, ["a", "b"]),
    ('{"n": [1, 2}', LOOSE, {"n": [1, 2]}),
    ('{"n": {"m": 1}', LOOSE, {"n": {"m": 1}}),
    ("```json\n{'n': 1}\n```", NUMBER, {"n": 1}),
    ("```json {'n': 1} ```", NUMBER, {"n": 1}),
    ("Here it is:\n{'n': 1,}\nAnything else?", NUMBER, {"n": 1}),
    ('{"text": NaN}', TEXT, {"text": "NaN"}),
]

UNFIT: list[tuple[str, dict[str, Any]]] = [
    ("", NUMBER),
    ("n", NUMBER),
    ("I am sorry, I cannot do that.", LOOSE),
    ("I am sorry, I cannot do that.", WORDS),
    ("I am sorry, I cannot do that.", {"type": "string"}),
    ("I am sorry [see the rules].", WORDS),
    ("{see the rules}", NUMBER),
    ("{}", NUMBER),
    ('{"n": "1"}', NUMBER),
    ('[{"n": 1}]', NUMBER),
    ("{'n': 'one'}", NUMBER),
    ('{"n": NaN}', NUMBER),
    ('{"n": Infinity}', LOOSE | {"additionalProperties": {"type": "number"}}),
    ('{"n": 1e999}', LOOSE),
    ('{"n": -1e999}', LOOSE),
    ('{"n": ' + "9" * 400 + "}", LOOSE),
    ('{"n": ' + "9" * 5000 + "}", NUMBER),
    ('{"text": "a\\u0000b"}', TEXT),
    ('{"a\\u0000": 1}', LOOSE),
    ('{"text": "\\ud83e"}', TEXT),
    ('{"n": 1} or {"n": 2}', NUMBER),
    ("{'n': 1}\n{'n': 2}", NUMBER),
    ("[1,]\n[2,]", {"type": "array"}),
    ("{,}", LOOSE),
    ('{"text": "cut he', TEXT),
    ('{"text": "whole", "rest": "cut he', TEXT),
    ('{"rows": [\n{"n": 1},\n{"n": 2},\n{"n":', LOOSE),
    ('{"rows": {"n": 1}\n, "rest": "cut', LOOSE),
    ("[1, 2, 3", NUMBERS),
    ('{"inner": {"n": 1}, }', NUMBER),
    ('{"inner": {"n": 1}, "cut', NUMBER),
    ("<n>1</n>", NUMBER),
    ("n: 1", NUMBER),
    ("```\n```", LOOSE),
    ("```", LOOSE),
    ("[" * 10_000 + "]" * 10_000, ANYTHING),
    ("[" * 40 + "]" * 40, ANYTHING),
    ('{"a":' * 5_000 + "1" + "}" * 5_000, LOOSE),
    ("{a:0\u201d```json{```}", LOOSE),  # on this one the library fails an assertion of its own
]

# Each of these made the library, or an earlier pattern of ours, take time by the square of their length.
LONG = [
    "[",
    "{",
    '"',
    "'",
    "(",
    "{'",
    '["',
    '["a" ',
    '{[("',
    '{"a":"',
    '\\"',
    "{\n",
    "} x\n",
    "[x]",
    "a: b, ",
    "/*",
    "# \n",
    "``` ",
    " \t",
]


@pytest.mark.parametrize(("text", "schema", "value"), AS_IT_STANDS)
def test_taken_as_it_stands(text: str, schema: dict[str, Any], value: Any) -> None:
    assert extract(text, schema) == Extracted(value=value)


@pytest.mark.parametrize(("text", "schema", "value"), MENDED)
def test_mended_and_marked(text: str, schema: dict[str, Any], value: Any) -> None:
    assert extract(text, schema) == Extracted(value=value, repaired=True)


@pytest.mark.parametrize(("text", "schema"), UNFIT)
def test_unfit(text: str, schema: dict[str, Any]) -> None:
    with pytest.raises(Unfit):
        extract(text, schema)


@pytest.mark.parametrize("tail", ["", "\n}", "\n]"])
@pytest.mark.parametrize("length", [LONGEST_MENDED - 10, LONGEST - 10])
@pytest.mark.parametrize("piece", LONG)
def test_hostile_text_comes_to_an_end(piece: str, length: int, tail: str) -> None:
    text = "{'a': " + piece * (length // len(piece)) + tail
    with pytest.raises(Unfit):
        extract(text[-LONGEST:], NUMBER)


def test_too_long_is_unfit_though_it_fits() -> None:
    with pytest.raises(Unfit, match="longer than"):
        extract(json.dumps({"n": 1, "text": "x" * LONGEST}), NUMBER)


def test_what_takes_too_long_to_mend_is_not() -> None:
    short, long = ("{" + ", ".join(f"k{i}: v{i}" for i in range(n)) + "}" for n in (50, 1_200))
    assert extract(short, LOOSE).repaired
    assert len(long) < LONGEST_MENDED
    with pytest.raises(Unfit):
        extract(long, LOOSE)


def test_a_text_mostly_lost_in_mending_is_no_answer() -> None:
    with pytest.raises(Unfit):
        extract('{"text":"{"text":"' + "and so on " * 20 + "}", TEXT)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("no", "not JSON"),
        ('{"n": "one"}', "/n: 'one' is not of type 'integer'"),
        ("{}", "The value: 'n' is a required property"),
        ('{"n": 1} {"n": 2}', "2 different values"),
        ('{"n": 1, "a": "\\u0000"}', "/a: holds a NUL"),
    ],
)
def test_the_model_is_told_what_is_wrong(text: str, told: str) -> None:
    with pytest.raises(Unfit, match=told):
        extract(text, NUMBER)


def test_what_the_model_is_told_is_bounded() -> None:
    many = json.dumps(["x" * 10_000] * 50)
    with pytest.raises(Unfit) as refused:
        extract(many, NUMBERS)
    lines = str(refused.value).splitlines()
    assert len(lines) == MOST_FLAWS
    assert max(map(len, lines)) <= LONGEST_FLAW
