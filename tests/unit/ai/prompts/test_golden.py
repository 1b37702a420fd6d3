"""Golden cases come back from their files as they were, whatever stands in them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ai.prompts.golden import GoldenCase

NASTY = " \n\t\r\"'#:-|>%@`{}[],&*!?\\é\x00\x07\x85\u2028\u2029\ufeff\U0001f44d"
texts = st.text(st.characters(exclude_categories=["Cs"])) | st.text(NASTY, max_size=12)
numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
CASE = GoldenCase(
    key="medical_summary", version="1", payload={"records": "A sprained ankle."}, expected="Rest.", output=None,
    source="edited",
)  # fmt: skip


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(payload=st.dictionaries(texts, values, max_size=3), expected=texts, output=values)
@example(payload={}, expected="null", output="yes")
@example(payload={}, expected="  indented\n\n", output="2026-11-21")
def test_every_text_comes_back(payload: dict[str, Any], expected: str, output: Any) -> None:
    case = replace(CASE, payload=payload, expected=expected, output=output)
    read = yaml.safe_load(case.as_yaml())
    assert (read["payload"], read["expected"], read.get("output")) == (payload, expected, output)


def test_file_says_what_it_is_and_whose_word() -> None:
    assert yaml.safe_load(CASE.as_yaml()) == {
        "key": "medical_summary", "version": "1", "payload": {"records": "A sprained ankle."}, "expected": "Rest.",
        "source": "reviewed: edited",
    }  # fmt: skip


def test_lines_stay_lines() -> None:
    assert 'expected: |-\n  One.\n  Two: "three".\n' in replace(CASE, expected='One.\nTwo: "three".').as_yaml()


def test_name_stands_for_the_content() -> None:
    assert CASE.path == replace(CASE).path
    assert CASE.path.startswith("medical_summary/golden/1-")
    assert CASE.path != replace(CASE, expected="Rest and ice.").path
