from __future__ import annotations

import pytest

from ai.review.wording import sentences


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("I can’t.", ["i can't"]),
        ("I can´t. I can`t. I canʼt. I can＇t.", ["i can't"] * 4),
        ("I c\u200ban\u00adnot\u2060.", ["i cannot"]),
        ("Ｉ ｃａｎｎｏｔ．", ["i cannot"]),
        ("I\u00a0cannot\u2009help!", ["i cannot help"]),
        ("I **cannot** help.\n## No", ["i cannot help", "no"]),
        ("I саnnоt", ["i cannot"]),  # three Cyrillic letters
        ("Ça va — größer łatwo", ["ca va - grosser latwo"]),
        ("well-known – no; yes", ["well-known - no", "yes"]),
        ("Version 2.5 costs 3.10 euros.", ["version 2.5 costs 3.10 euros"]),
    ],
)
def test_one_spelling(text: str, plain: list[str]) -> None:
    assert list(sentences(text)) == plain


@pytest.mark.parametrize(
    "quoted",
    [
        '"I cannot"',
        "“I cannot”",
        "„Ich kann nicht“",
        "« Je ne peux pas »",
        "»Ich kann nicht«",
        "‘I can’t’",
        "'I can't'",
        "`I cannot`",
        "\n```python\nI cannot\n```\n",
        "\n> I cannot\n",
        "\nDear Ann,\n\nI cannot.\n\nBest regards\nBob",
    ],
)
def test_quotations_are_somebody_elses(quoted: str) -> None:
    text = f"She answered {quoted} and left."
    assert not [
        sentence for sentence in sentences(text) if "i c" in sentence or "ich" in sentence or "peux" in sentence
    ]


@pytest.mark.parametrize(
    "text", ['"I cannot."', "> I cannot", "```\nI cannot\n```", "Dear user,\nI cannot.\nBest regards"]
)
def test_an_answer_that_is_all_quotation_is_its_own(text: str) -> None:
    assert any("i cannot" in sentence for sentence in sentences(text))


@pytest.mark.parametrize(
    "text", ['{"a": [{"b": "I cannot"}], "n": 1}', '```json\n{"a": "I cannot"}\n```', '["I c\\u0061nnot"]']
)
def test_texts_of_json_speak_for_themselves(text: str) -> None:
    assert list(sentences(text)) == ["i cannot"]


@pytest.mark.parametrize("text", ["", " \n", "{", "[" * 100_000, "\ud800 \x00", "```", '"', "’", "\u0301"])
def test_any_text_is_read(text: str) -> None:
    list(sentences(text))
