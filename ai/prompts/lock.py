"""The lock file: the hash of each published version, and which version is current.

A version is published when it is locked. From then on its content is fixed: whoever changes the file fails the system
check, and the way forward is a new version. Nothing here ever replaces a recorded hash.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from ai.errors import FileProblem, PromptBroken
from ai.prompts.source import PromptFile, display_name, version_order

LOCK = Path(__file__).resolve().parent / "lock.json"


class LockedPrompt(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    current: str
    versions: dict[str, Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]]


Lock = dict[str, LockedPrompt]


def read_lock(path: Path = LOCK) -> Lock:
    """Raises PromptBroken; an absent file locks nothing."""
    if not path.exists():
        return {}
    try:
        return {key: LockedPrompt.model_validate(entry) for key, entry in json.loads(path.read_bytes()).items()}
    except (ValueError, AttributeError, ValidationError) as error:
        reason = "not as `manage.py prompts lock` writes it"
        line = error.lineno if isinstance(error, json.JSONDecodeError) else 1
        raise PromptBroken([FileProblem(file=display_name(path), line=line, detail=reason)]) from None


def write_lock(lock: Lock, path: Path = LOCK) -> None:
    plain = {key: lock[key].model_dump() for key in sorted(lock)}
    path.write_text(json.dumps(plain, indent=2) + "\n", encoding="utf-8")


def is_locked(file: PromptFile, lock: Lock) -> bool:
    """Whether this very content is published."""
    entry = lock.get(file.key)
    return entry is not None and entry.versions.get(file.version) == file.hash


def is_new(file: PromptFile, lock: Lock) -> bool:
    """Whether no content of this version was ever published."""
    return file.key not in lock or file.version not in lock[file.key].versions


def with_new_versions(lock: Lock, files: Sequence[PromptFile]) -> Lock:
    """The lock with each new version recorded; a prompt's newest new version becomes its current one."""
    grown = dict(lock)
    for file in sorted(files, key=lambda file: version_order(file.version)):
        if is_new(file, lock):
            known = grown[file.key].versions if file.key in grown else {}
            grown[file.key] = LockedPrompt(current=file.version, versions={**known, file.version: file.hash})
    return grown


def lock_problems(lock: Lock, files: Sequence[PromptFile], broken: Sequence[FileProblem] = ()) -> Iterator[FileProblem]:
    """Where files and lock contradict each other. A version whose file is ``broken`` is reported as that already."""
    by_name = {(file.key, file.version): file for file in files}
    excused = {problem.file for problem in broken}
    for key, entry in lock.items():
        if entry.current not in entry.versions:
            yield _lock_problem(f"{key}: the current version {entry.current} is not among the versions")
        for version, recorded in entry.versions.items():
            file = by_name.get((key, version))
            if file is None and not any(name.endswith(f"{key}/{version}.yaml") for name in excused):
                yield _lock_problem(f"{key}: the file of the published version {version} is gone; bring it back")
            elif file is not None and file.hash != recorded:
                yield _changed(file)


def _changed(file: PromptFile) -> FileProblem:
    detail = (
        f"the published version {file.key}@{file.version} was changed. To keep the change as a new version: "
        f"`manage.py prompts new {file.key}` copies it, `git checkout` puts this file back, "
        "`manage.py prompts lock` publishes the copy"
    )
    return FileProblem(file=display_name(file.path), line=1, detail=detail)


def _lock_problem(detail: str) -> FileProblem:
    return FileProblem(file=display_name(LOCK), line=1, detail=detail)
