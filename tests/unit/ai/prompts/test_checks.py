from __future__ import annotations

from pathlib import Path

from ai.prompts.checks import check_prompts, prompt_messages
from ai.prompts.lock import with_new_versions, write_lock
from ai.prompts.source import read_prompts
from tests.unit.ai.prompts.files import SOUND, sound, write


def identities(root: Path) -> list[str | None]:
    return [message.id for message in prompt_messages(root, root / "lock.json")]


def lock_all(root: Path) -> None:
    write_lock(with_new_versions({}, read_prompts(root)[0]), root / "lock.json")


def test_shipped_prompts_are_sound_and_published() -> None:
    assert check_prompts() == []


def test_sound_and_locked_is_silent(tmp_path: Path) -> None:
    write(tmp_path)
    lock_all(tmp_path)
    assert identities(tmp_path) == []


def test_warns_of_an_unpublished_version(tmp_path: Path) -> None:
    write(tmp_path)
    assert identities(tmp_path) == ["ai.W001"]


def test_fails_on_a_changed_published_version(tmp_path: Path) -> None:
    write(tmp_path)
    lock_all(tmp_path)
    write(tmp_path, sound(description="Other."))
    assert identities(tmp_path) == ["ai.E002"]


def test_points_at_file_and_line(tmp_path: Path) -> None:
    path = write(tmp_path, SOUND.replace("$tone", "$tune"))
    first = next(prompt_messages(tmp_path, tmp_path / "lock.json"))
    assert str(first).startswith(f"{path}:18: (ai.E001) $tune is not among")


def test_a_broken_published_file_is_told_once(tmp_path: Path) -> None:
    write(tmp_path)
    lock_all(tmp_path)
    write(tmp_path, SOUND.replace("route:", "rout:"))
    assert set(identities(tmp_path)) == {"ai.E001"}


def test_warns_of_a_route_that_is_none(tmp_path: Path) -> None:
    write(tmp_path, SOUND.replace("route: classification", "route: clasification"))
    assert identities(tmp_path) == ["ai.W002", "ai.W001"]
