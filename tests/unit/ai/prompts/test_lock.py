from __future__ import annotations

from pathlib import Path

import pytest

from ai.errors import PromptBroken
from ai.prompts.lock import Lock, is_locked, lock_problems, read_lock, with_new_versions, write_lock
from ai.prompts.source import read_prompt, read_prompts
from tests.unit.ai.prompts.files import sound, write


def locked(root: Path) -> Lock:
    return with_new_versions({}, read_prompts(root)[0])


def test_locks_new_versions_and_makes_the_newest_current(tmp_path: Path) -> None:
    for version in ("1.9", "1.10"):
        write(tmp_path, sound(version=version), version=version)
    lock = locked(tmp_path)
    assert lock["greet"].current == "1.10"
    assert set(lock["greet"].versions) == {"1.9", "1.10"}


def test_never_replaces_a_recorded_hash(tmp_path: Path) -> None:
    write(tmp_path)
    lock = locked(tmp_path)
    edited = read_prompt(write(tmp_path, sound(description="Other.")))
    assert with_new_versions(lock, [edited]) == lock
    assert not is_locked(edited, lock)


def test_keeps_a_current_that_somebody_chose(tmp_path: Path) -> None:
    for version in ("1", "2"):
        write(tmp_path, sound(version=version), version=version)
    lock = locked(tmp_path)
    chosen = {"greet": lock["greet"].model_copy(update={"current": "1"})}
    assert with_new_versions(chosen, read_prompts(tmp_path)[0]) == chosen


def test_survives_writing_and_reading(tmp_path: Path) -> None:
    write(tmp_path)
    write_lock(locked(tmp_path), tmp_path / "lock.json")
    assert read_lock(tmp_path / "lock.json") == locked(tmp_path)


@pytest.mark.parametrize("text", ["", "[]", '{"greet": 1}', '{"greet": {"current": "1", "versions": {"1": "x"}}}'])
def test_refuses_a_lock_of_another_shape(tmp_path: Path, text: str) -> None:
    (tmp_path / "lock.json").write_text(text)
    with pytest.raises(PromptBroken):
        read_lock(tmp_path / "lock.json")


def test_a_changed_published_version_tells_the_way_forward(tmp_path: Path) -> None:
    write(tmp_path)
    lock = locked(tmp_path)
    write(tmp_path, sound(description="Other."))
    (problem,) = lock_problems(lock, read_prompts(tmp_path)[0])
    assert "greet@1 was changed" in problem.detail
    assert "manage.py prompts new greet" in problem.detail


def test_misses_a_published_file_and_a_current_version(tmp_path: Path) -> None:
    write(tmp_path)
    lock = {"greet": locked(tmp_path)["greet"].model_copy(update={"current": "7"})}
    details = [problem.detail for problem in lock_problems(lock, [])]
    assert len(details) == 2
    assert "7 is not among" in details[0]
    assert "version 1 is gone" in details[1]
