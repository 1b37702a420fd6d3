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
TESTS_FAILED = 1  # pytest's exit status; any other says that it could not run them

every_mutant = pytest.mark.parametrize("patch", PATCHES, ids=[patch.stem for patch in PATCHES])


@every_mutant
def test_patch_applies_and_its_test_exists(patch: Path) -> None:
    done = subprocess.run(["git", "apply", "--check", patch], cwd=REPOSITORY, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    file, *_class, name = named_test(patch).split("::")
    assert f"def {name.partition('[')[0]}(" in (REPOSITORY / file).read_text()


@pytest.mark.mutants
@pytest.mark.timeout(1200)
@every_mutant
def test_missing_guard_is_noticed(patch: Path, tmp_path: Path) -> None:
    copy_repository(tmp_path)
    subprocess.run(["git", "apply", patch], cwd=tmp_path, check=True)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", named_test(patch)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == TESTS_FAILED, done.stdout[-3000:] + done.stderr[-3000:]


def named_test(patch: Path) -> str:
    [line] = [line for line in patch.read_text().splitlines() if line.startswith("Test: ")]
    return line.removeprefix("Test: ")


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
