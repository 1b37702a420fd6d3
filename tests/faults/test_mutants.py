"""A suite that cannot fail proves nothing: each patch takes one guard away, and its test must turn red.

That a patch still applies, and that its test still exists, is looked at in every run; ``make mutants`` runs the tests,
each in a copy of the repository.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from config.local.home import REPOSITORY

PATCHES = sorted((Path(__file__).parent / "mutants").glob("*.patch"))
TESTS_PASSED, TESTS_FAILED = 0, 1  # pytest's exit status; any other says that it could not run them


def named(patch: Path, what: str) -> list[str]:
    """``Test`` is the test that turns red, ``Holds`` one that does not: another guard stands behind the missing one."""
    lines = patch.read_text().splitlines()
    return [line.removeprefix(f"{what}: ") for line in lines if line.startswith(f"{what}: ")]


every_mutant = pytest.mark.parametrize("patch", PATCHES, ids=[patch.stem for patch in PATCHES])


@every_mutant
def test_patch_applies_and_its_test_exists(patch: Path) -> None:
    done = subprocess.run(["git", "apply", "--check", patch], cwd=REPOSITORY, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for test in [named_test(patch), *named(patch, "Holds")]:
        file, *_class, name = test.split("::")
        assert f"def {name.partition('[')[0]}(" in (REPOSITORY / file).read_text()


@pytest.mark.mutants
@pytest.mark.timeout(1200)
@every_mutant
def test_missing_guard_is_noticed(patch: Path, tmp_path: Path) -> None:
    assert outcome(named_test(patch), patch, tmp_path) == TESTS_FAILED


@pytest.mark.mutants
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("patch", [patch for patch in PATCHES if named(patch, "Holds")], ids=lambda patch: patch.stem)
def test_second_wall_holds_without_the_first(patch: Path, tmp_path: Path) -> None:
    [test] = named(patch, "Holds")
    assert outcome(test, patch, tmp_path) == TESTS_PASSED


def outcome(test: str, patch: Path, place: Path) -> int:
    """Of the test in a copy of the repository with this patch."""
    copy_repository(place)
    subprocess.run(["git", "apply", patch], cwd=place, check=True)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", test],
        cwd=place,
        env={**os.environ, "PYTHONPATH": str(place)},
        capture_output=True,
        text=True,
    )
    print(done.stdout[-3000:] + done.stderr[-3000:])  # noqa: T201 - for whoever asks why it was not as expected
    return done.returncode


def named_test(patch: Path) -> str:
    [test] = named(patch, "Test")
    return test


def copy_repository(place: Path) -> None:
    """What belongs to it, as it stands here, without its history."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
        text=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (REPOSITORY / name).is_file():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(REPOSITORY / name, place / name)
