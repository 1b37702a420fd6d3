from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from ai.errors import PromptBroken
from ai.prompts.source import read_prompt, read_prompts, version_order
from tests.unit.ai.prompts.files import SOUND, write

TURNS = """\
messages:
  - role: user
    content: $name
    values: {name: Bob}
  - role: assistant
    content: Hello Bob
  - role: user
    content: $name
"""
WITH_TURNS = SOUND.replace("user: |\n  Greet somebody.\n  $name\n", TURNS)


def lines(root: Path, text: str, words: str) -> list[int]:
    """Where a problem with these words is reported."""
    with pytest.raises(PromptBroken) as broken:
        read_prompt(write(root, text))
    return [problem.line for problem in broken.value.problems if words in problem.detail]


def test_reads_a_sound_file(tmp_path: Path) -> None:
    file = read_prompt(write(tmp_path))
    assert (file.key, file.version, file.spec.deadline) == ("greet", "1", 30)


def test_reads_few_shot_turns(tmp_path: Path) -> None:
    turns = read_prompt(write(tmp_path, WITH_TURNS)).spec.turns
    assert [turn.role for turn in turns] == ["user", "assistant", "user"]


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("route: ", "rout: ", 4, "unknown key rout"),
        ("deadline: 30\n", "", 1, "deadline is missing"),
        ("max_tokens: 20", "max_tokens: '20'", 6, "max_tokens"),
        ("max_tokens: 20", "max_tokens: 20\nmax_tokens: 30", 7, "there twice; first in line 6"),
        ("title: Tone, default", "title: Tone, title: Tune, default", 13, "there twice"),
        ('version: "1"', "version: 1", 2, "quote the version"),
        ('version: "1"', "version: v1", 2, "quote the version"),
        ('version: "1"', 'version: "01"', 2, "pattern"),
        ('version: "1"', 'version: "2"', 2, "in a file named 1.yaml"),
        ("key: greet", "key: great", 1, "in the folder greet"),
        ("Be $tone.", "Be $tune.", 18, "$tune is not among"),
        ("  $name\n", "  $name for $5\n", 22, "lone $"),
        ("  $name\n", "  somebody\n", 12, "the variable name is never used"),
        ("Loud: $loud", "Loud: $loud $name", 19, "$name may not enter the system text"),
        (", maxLength: 40", "", 12, "maxLength"),
        (", title: Name", "", 12, "title"),
        ("default: warm", "default: cold", 13, "default does not fit"),
        ("required: [name]", "required: []", 12, "neither required nor has a default"),
        ("    - name: Ann", "    - name: 5", 16, "example 1 does not fit"),
        ("  examples:\n    - name: Ann\n", "", 8, "need examples"),
        ("type: string", "type: strin", 12, "no JSON Schema"),
        ("{type: string, title", "{$ref: 'http://x.test/y', type: string, title", 8, "only #/$defs"),
        ("deadline: 30", "deadline: 30\nretrieve: {query: name}", 8, "passages are never used"),
        ("deadline: 30", "deadline: 30\nretrieve: {query: tone}", 8, "no variable that is free text"),
        ("deadline: 30", "deadline: 30\nretrieve: {query: other}", 8, "no variable that is free text"),
        ("Loud: $loud", "Loud: $loud $passages", 19, "$passages is not among"),
        ("deadline: 30", "deadline: 30\ncache: true", 8, "cache is not supported yet"),
        ("deadline: 30", "deadline: 30\nabandon_after_s: 9", 8, "abandon_after_s is not supported yet"),
        (
            "deadline: 30",
            "deadline: 30\nreview:\n  gate: always\n  audit: x",
            10,
            "review.audit: must be always, or a map",
        ),
        ("deadline: 30", "deadline: 30\nreview: always", 8, "review"),
        ("deadline: 30", "deadline: 30\nreview: {}", 8, "review: give gate or audit"),
        ("deadline: 30", "deadline: 30\nreview:\n  gat: always", 9, "unknown key review.gat"),
        ("deadline: 30", "deadline: 30\nreview:\n  gate: {}", 9, "review.gate: give rules, or sample_percent"),
        ("deadline: 30", "deadline: 30\nreview:\n  gate:\n    rule: [cost]", 10, "unknown key review.gate.rule"),
        (
            "deadline: 30",
            "deadline: 30\nreview:\n  gate:\n    rules:\n      - cost\n      - price",
            12,
            "review.gate.rules.1: ",
        ),
        ("deadline: 30", "deadline: 30\nreview:\n  gate: {rules: [cost, cost]}", 9, "cost is there twice"),
        ("deadline: 30", "deadline: 30\nreview:\n  audit: {sample_percent: 0}", 9, "review.audit.sample_percent: "),
        ("deadline: 30", "deadline: 30\nreview:\n  audit: {sample_percent: '5'}", 9, "review.audit.sample_percent: "),
        ("deadline: 30", "deadline: 30\nreview:\n  audit: {rules: [cost], cost_factor: 1}", 9, "audit.cost_factor: "),
        ("deadline: 30", "deadline: 30\nreview:\n  audit: {rules: [cost], min_support: 0.4}", 9, "low_support"),
        ("deadline: 30", "deadline: 30\nreview:\n  audit: {rules: [fallback]}", 8, "add high_stakes: true"),
        (
            "deadline: 30",
            "deadline: 30\nreview:\n  audit:\n    rules:\n      - cost\n      - repaired",
            12,
            "without output",
        ),
        ("deadline: 30", "deadline: 30\nreview:\n  gate: {rules: [low_support]}", 9, "without retrieve"),
        ("deadline: 30", "deadline: 30\noutput: {type: array}", 8, "output must be a schema of type object"),
        ("deadline: 30", "deadline: &d 30\ncut: *d", 8, "aliases"),
        ("deadline: 30", "deadline: 30\ncut: !x reset", 8, "tag"),
        ("Greets somebody.", '"\\0"', 3, "NUL"),
        ("user: |", "messages: []\nuser: |", 20, "messages"),
        ("deadline: 30", "deadline: [", 9, "not YAML"),
    ],
)
def test_names_the_line_of_a_mistake(tmp_path: Path, old: str, new: str, line: int, words: str) -> None:
    assert old in SOUND
    assert lines(tmp_path, SOUND.replace(old, new, 1), words) == [line]


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("content: Hello Bob", "content: Hello $name", 25, "may not enter the assistant text"),
        ("{name: Bob}", "{name: 5}", 23, "does not fit"),
        ("{name: Bob}", "{name: Bob, tone: dry}", 23, "tone is never used in this turn"),
        ("{name: Bob}", "{tone: dry}", 22, "no value among this turn's values"),
        ("  - role: assistant\n    content: Hello Bob\n", "", 20, "take turns"),
    ],
)
def test_names_the_line_in_few_shot_turns(tmp_path: Path, old: str, new: str, line: int, words: str) -> None:
    assert old in WITH_TURNS
    assert lines(tmp_path, WITH_TURNS.replace(old, new, 1), words) == [line]


def test_tells_all_mistakes_at_once(tmp_path: Path) -> None:
    with pytest.raises(PromptBroken) as broken:
        read_prompt(write(tmp_path, SOUND.replace("$tone", "$a").replace("$loud", "$b")))
    assert len(broken.value.problems) == 4


@pytest.mark.parametrize("word", ["yes", "no", "on", "2026-01-01", "1:30"])
def test_plain_words_stay_words(tmp_path: Path, word: str) -> None:
    file = read_prompt(write(tmp_path, SOUND.replace("Greets somebody.", word)))
    assert file.spec.description == word


def test_hash_is_of_the_content_alone(tmp_path: Path) -> None:
    plain = read_prompt(write(tmp_path / "a"))
    dressed = read_prompt(write(tmp_path / "b", "# why\n" + SOUND.replace("[name]", "\n    - 'name'")))
    assert plain.hash == dressed.hash == hashlib.sha256(plain.content.encode()).hexdigest()


def test_hash_knows_order(tmp_path: Path) -> None:
    plain = read_prompt(write(tmp_path / "a"))
    swapped = read_prompt(write(tmp_path / "b", SOUND.replace("[warm, dry]", "[dry, warm]")))
    assert plain.hash != swapped.hash
    assert list(json.loads(plain.content)) == [line.split(":")[0] for line in SOUND.splitlines() if line[0] != " "]


def test_reads_on_past_a_broken_file(tmp_path: Path) -> None:
    write(tmp_path, "nonsense", key="other")
    write(tmp_path)
    files, problems = read_prompts(tmp_path)
    assert [file.key for file in files] == ["greet"]
    assert [problem.file for problem in problems] == [str(tmp_path / "other" / "1.yaml")]


def test_an_edited_file_is_read_again(tmp_path: Path) -> None:
    before = read_prompt(write(tmp_path))
    assert read_prompt(write(tmp_path, SOUND.replace("somebody.", "anybody."))).hash != before.hash


def test_ten_comes_after_nine() -> None:
    assert sorted(["1.10", "1.9", "2", "1"], key=version_order) == ["1", "1.9", "1.10", "2"]


RETRIEVING = SOUND.replace("deadline: 30", "deadline: 30\nretrieve: {query: name}").replace(
    "  $name\n", "  $name\n  $passages\n"
)


def test_reads_a_prompt_that_retrieves(tmp_path: Path) -> None:
    retrieve = read_prompt(write(tmp_path, RETRIEVING)).spec.retrieve
    assert retrieve is not None
    assert retrieve.query == "name"


def test_passages_stay_out_of_the_system_text(tmp_path: Path) -> None:
    text = RETRIEVING.replace("Be $tone.", "Be $tone. $passages")
    assert lines(tmp_path, text, "$passages may not enter the system text") == [19]


def test_passages_are_no_variable(tmp_path: Path) -> None:
    text = RETRIEVING.replace(
        "    loud:", "    passages: {type: string, title: P, maxLength: 9, default: x}\n    loud:"
    )
    assert lines(tmp_path, text, "passages is what retrieval fills") == [15]
