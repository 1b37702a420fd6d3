"""`manage.py check` for prompts: what can be wrong in a file is found before a request meets it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from django.core.checks import CheckMessage, Error, Warning, register

from ai.errors import ConfigurationError, FileProblem, PromptBroken
from ai.prompts.lock import LOCK, is_new, lock_problems, read_lock
from ai.prompts.source import TEMPLATES, PromptFile, display_name, read_prompts
from ai.routing.file import load


@register("prompts")
def check_prompts(**_: Any) -> list[CheckMessage]:
    return list(prompt_messages(TEMPLATES, LOCK))


def prompt_messages(root: Path, lock_path: Path) -> Iterator[CheckMessage]:
    """ai.E001 a wrong file, ai.E002 files and lock disagree; ai.W001 an unpublished version, ai.W002 no such route."""
    files, broken = read_prompts(root)
    yield from _unrouted(files)
    yield from (_error(problem, "ai.E001") for problem in broken)
    try:
        lock = read_lock(lock_path)
    except PromptBroken as error:
        yield from (_error(problem, "ai.E002") for problem in error.problems)
        return
    yield from (_error(problem, "ai.E002") for problem in lock_problems(lock, files, broken))
    yield from (_unlocked(file) for file in files if is_new(file, lock))


def _error(problem: FileProblem, identity: str) -> CheckMessage:
    return Error(problem.detail, obj=f"{problem.file}:{problem.line}", id=identity)


def _unlocked(file: PromptFile) -> CheckMessage:
    return Warning(
        f"{file.key}@{file.version} is not published.",
        hint="Publish it with `manage.py prompts lock`.",
        obj=display_name(file.path),
        id="ai.W001",
    )


def _unrouted(files: Sequence[PromptFile]) -> Iterator[CheckMessage]:
    try:
        routes = load().routes
    except ConfigurationError:  # told by the catalogue's own check
        return
    for file in files:
        if file.spec.search is None and file.spec.route not in routes:
            yield Warning(
                f"{file.key}@{file.version} names the route {file.spec.route}, which the catalogue does not have.",
                hint=f"The default route answers. Known are: {', '.join(routes)}.",
                obj=display_name(file.path),
                id="ai.W002",
            )
