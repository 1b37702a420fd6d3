"""Dockerfile, .dockerignore, docker-compose.yml as a container engine reads them: only what ours use of them."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from config.local.home import REPOSITORY

VARIABLE = re.compile(r"\$\$|\$\{(?P<name>\w+)(?:(?P<how>:[-?])(?P<word>[^}]*))?\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruction:
    """One of a Dockerfile's: RUN, COPY, ..., and the rest of its line."""

    kind: str
    words: str

    @property
    def command(self) -> list[str]:
        """Of RUN, CMD: the exec form as it is, the shell form through a shell."""
        return list(json.loads(self.words)) if self.words.startswith("[") else ["/bin/sh", "-c", self.words]


def read_dockerfile() -> list[Instruction]:
    text = re.sub(r"^\s*#.*\n", "", (REPOSITORY / "Dockerfile").read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    lines = [line.split(maxsplit=1) for line in text.splitlines() if line.strip()]
    return [Instruction(kind=kind, words=words) for kind, words in lines]


def dockerfile(kind: str) -> list[Instruction]:
    return [each for each in read_dockerfile() if each.kind == kind]


def image_environment() -> dict[str, str]:
    return dict(word.split("=", 1) for each in dockerfile("ENV") for word in shlex.split(each.words))


def copy_context(target: Path) -> None:
    """`COPY . .`: what .dockerignore lets through."""
    patterns = [line for line in (REPOSITORY / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    for path in _tracked_places():
        name = PurePosixPath(path.relative_to(REPOSITORY).as_posix())
        if _sent(name, patterns):
            place = target / name
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, place)


def _tracked_places() -> Iterator[Path]:
    for top in REPOSITORY.iterdir():
        if top.is_file():
            yield top
        elif top.name[0] != ".":
            yield from (path for path in top.rglob("*") if path.is_file())


def _sent(name: PurePosixPath, patterns: list[str]) -> bool:
    """The last pattern that fits the file or a folder above it decides."""
    sent = True
    for pattern in patterns:
        if any(_fits(place, pattern.lstrip("!")) for place in (name, *name.parents)):
            sent = pattern.startswith("!")
    return sent


def _fits(place: PurePosixPath, pattern: str) -> bool:
    if pattern.startswith("**/"):
        return fnmatchcase(place.name, pattern[3:])
    return len(place.parts) == pattern.count("/") + 1 and fnmatchcase(str(place), pattern)


class Missing(Exception):
    """A variable that compose insists on."""


def read_compose(variables: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """The services, with the variables filled in."""
    return dict(_filled(yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())["services"], variables))


def _filled(value: Any, variables: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(each, variables) for key, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, variables) for each in value]
    return fill(value, variables) if isinstance(value, str) else value


def fill(text: str, variables: Mapping[str, str]) -> str:
    def one(match: re.Match[str]) -> str:
        if match[0] == "$$":
            return "$"
        found = variables.get(match["name"], "")
        if not found and match["how"] == ":?":
            raise Missing(match["name"])
        return found or (match["word"] or "" if match["how"] == ":-" else "")

    return VARIABLE.sub(one, text)
