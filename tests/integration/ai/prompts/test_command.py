from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from ai.management.commands.prompts import next_version, with_version
from ai.prompts.registry import get_prompt
from tests.unit.ai.prompts.files import SOUND, write


def run(*words: str) -> str:
    out = StringIO()
    call_command("prompts", *words, stdout=out)
    return out.getvalue()


@pytest.mark.django_db
def test_lists_versions_and_what_is_live() -> None:
    prompt = get_prompt("ticket_classify")
    (line,) = [line for line in run().splitlines() if line.startswith("ticket_classify@1 ")]
    assert prompt.hash[:12] in line
    assert line.endswith("live")


@pytest.mark.django_db
def test_label_needs_a_version_that_exists() -> None:
    assert run("label", "ticket_classify", "1", "--reason", "calmer") == "ticket_classify@1 is live.\n"
    with pytest.raises(CommandError, match="99"):
        run("label", "ticket_classify", "99", "--reason", "newer")


def test_check_says_that_the_shipped_prompts_are_sound() -> None:
    assert run("check") == "The prompts are sound.\n"


def test_lock_has_nothing_to_do() -> None:
    assert run("lock") == "Nothing new: every version is published.\n"


def test_new_needs_a_prompt() -> None:
    with pytest.raises(CommandError, match="no folder"):
        run("new", "nonsense")


@pytest.mark.parametrize(("version", "following"), [("1", "2"), ("9", "10"), ("1.9", "1.10")])
def test_the_last_number_goes_up(version: str, following: str) -> None:
    assert next_version(version) == following


def test_a_copy_differs_in_its_version_alone(tmp_path: Path) -> None:
    path = write(tmp_path, "# why\n" + SOUND)
    assert with_version(path, "2") == "# why\n" + SOUND.replace('version: "1"', 'version: "2"')
