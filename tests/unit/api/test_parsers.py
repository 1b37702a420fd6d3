from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from rest_framework.exceptions import ParseError

from ai.storable import DEEPEST
from requests_app.api.parsers import StrictJSONParser
from requests_app.api.problems import Fault


def parse(raw: bytes) -> Any:
    return StrictJSONParser().parse(BytesIO(raw))


def flaws(raw: bytes) -> dict[str, str]:
    with pytest.raises(Fault) as fault:
        parse(raw)
    return {error.pointer: error.detail for error in fault.value.errors}


def test_ordinary_json_passes_unchanged() -> None:
    assert parse('{"a": ["é", 1, 1.5, null, {"😀": true}]}'.encode()) == {"a": ["é", 1, 1.5, None, {"😀": True}]}


def test_escaped_surrogate_pair_is_one_character() -> None:
    assert parse(rb'{"a": "\ud83d\ude00"}') == {"a": "😀"}


@pytest.mark.parametrize(
    ("raw", "pointer"),
    [
        (rb'{"payload": {"text": "a\u0000b"}}', "/payload/text"),
        (rb'{"payload": ["x", "\u0000"]}', "/payload/1"),
        (rb'{"a/b": {"c~d": "\u0000"}}', "/a~1b/c~0d"),
        (rb'{"a": "\ud83d"}', "/a"),
        (rb'{"a": {"\u0000": 1}}', "/a"),
        (rb'{"a": {"\udc00": 1}}', "/a"),
        (rb'"\u0000"', ""),
    ],
)
def test_unstorable_text_is_named_by_pointer(raw: bytes, pointer: str) -> None:
    assert list(flaws(raw)) == [pointer]


def test_every_wrong_place_is_named() -> None:
    assert list(flaws(rb'{"a": "\u0000", "b": "fine", "c": "\ud800"}')) == ["/a", "/c"]


def test_flood_of_wrong_places_is_bounded() -> None:
    assert len(flaws(b"[" + rb'"\u0000",' * 10_000 + b"1]")) == 50


@pytest.mark.parametrize("raw", [b'{"a": 1, "a": 2}', b'{"a": 1, "a": 1}'])
def test_key_given_twice_is_refused(raw: bytes) -> None:
    assert flaws(raw) == {"/a": "comes twice in its object"}


def test_same_key_in_two_objects_passes() -> None:
    assert parse(b'[{"a": 1}, {"a": 2}]') == [{"a": 1}, {"a": 2}]


def test_depth_is_bounded() -> None:
    assert parse(b"[" * DEEPEST + b"]" * DEEPEST) is not None
    assert "nested" in next(iter(flaws(b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1)).values()))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": -Infinity}',
        b'{"a": 1e999}',
        b'{"a": "\xff"}',
        b"\xef\xbb\xbf{}",
        b"[" * 200_000,
        b'{"a": ' + b"9" * 5000 + b"}",
        '{"a": 1}'.encode("utf-16"),
    ],
)
def test_what_is_not_json_is_refused(raw: bytes) -> None:
    with pytest.raises(ParseError):
        parse(raw)
