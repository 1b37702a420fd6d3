from __future__ import annotations

import pytest

from ai.extract import fits

SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}


@pytest.mark.parametrize("text", ['{"n": 1}', ' {"n": 1}\n', '```json\n{"n": 1}\n```', '\n```\n{"n": 1}```\n'])
def test_fitting(text: str) -> None:
    assert fits(text, SCHEMA)


@pytest.mark.parametrize(
    "text", ["", "n", '{"n": "1"}', "{}", '{"n": 1} and more', '{"n": NaN}', "[" * 100_000, 'so: ```\n{"n": 1}\n```']
)
def test_not_fitting(text: str) -> None:
    assert not fits(text, SCHEMA)
