from __future__ import annotations

import pytest

from ai.prompts.placeholders import placeholders, substitute


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hi $name.", "Hi Ann."),
        ("${name}s", "Anns"),
        ("$$5 for $name", "$5 for Ann"),
        ("$$name", "$name"),
        ("$$$name", "$Ann"),
    ],
)
def test_fills(text: str, expected: str) -> None:
    assert substitute(text, {"name": "Ann"}) == expected


def test_leaves_dollars_of_values_alone() -> None:
    assert substitute("$a $b", {"a": "$5 $$ $b", "b": "${a}"}) == "$5 $$ $b ${a}"


def test_never_leaves_a_forgotten_name() -> None:
    with pytest.raises(KeyError):
        substitute("$a $b", {"a": "x"})


@pytest.mark.parametrize("text", ["$", "$5", "100$ ", "${a", "${5}", "$ü"])
def test_refuses_a_lone_dollar(text: str) -> None:
    assert [placeholder.name for placeholder in placeholders(text)] == [None]
    with pytest.raises(ValueError, match="dollar"):
        substitute(text, {"a": "x"})


def test_knows_where_names_stand() -> None:
    assert [(p.name, p.offset) for p in placeholders("$a $$ ${b}")] == [("a", 0), ("b", 6)]
