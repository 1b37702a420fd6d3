"""Reading prompt files: one function from a path to a sound version, or to every reason why it is not one."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from ai.errors import FileBroken, FileProblem, PromptBroken
from ai.prompts.placeholders import placeholders
from ai.prompts.spec import PASSAGES, PromptSpec, is_free_text, may_enter_system, references
from ai.yaml_source import Source, Step

TEMPLATES = Path(__file__).resolve().parent / "templates"

# Part of the file format, honoured by no code yet.
_LATER = {("cache",), ("abandon_after_s",)}
_VARIABLE = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptFile:
    """One sound file. ``content`` is what the table stores, ``hash`` its SHA-256, ``modified`` in nanoseconds."""

    path: Path
    spec: PromptSpec
    content: str
    hash: str
    modified: int

    @property
    def key(self) -> str:
        return self.spec.key

    @property
    def version(self) -> str:
        return self.spec.version


def version_order(version: str) -> tuple[int, ...]:
    """Sorts 1.10 behind 1.9."""
    return tuple(int(part) for part in version.split("."))


def prompt_paths(root: Path = TEMPLATES) -> list[Path]:
    return sorted(root.glob("*/*.yaml"))


def read_prompts(root: Path = TEMPLATES) -> tuple[list[PromptFile], list[FileProblem]]:
    """Every sound file below ``root``, and what is wrong with the others."""
    files: list[PromptFile] = []
    problems: list[FileProblem] = []
    for path in prompt_paths(root):
        try:
            files.append(read_prompt(path))
        except PromptBroken as broken:
            problems.extend(broken.problems)
    return files, problems


def read_prompt(path: Path) -> PromptFile:
    """Raises PromptBroken."""
    stat = path.stat()
    return _read(path, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=512)
def _read(path: Path, modified: int, _size: int) -> PromptFile:
    try:
        source = Source.read(path, name=display_name(path))
    except FileBroken as broken:
        raise PromptBroken(broken.problems) from None
    spec = _parse(source)
    problems = [
        *_name_problems(source, spec, path),
        *_variable_problems(source, spec),
        *_text_problems(source, spec),
        *_retrieval_problems(source, spec),
        *_search_problems(source, spec),
        *_review_problems(source, spec),
    ]
    if problems:
        raise PromptBroken(problems)
    content = json.dumps(source.value, ensure_ascii=False, separators=(",", ":"))
    digest = hashlib.sha256(content.encode()).hexdigest()
    return PromptFile(path=path, spec=spec, content=content, hash=digest, modified=modified)


def display_name(path: Path) -> str:
    """The path as a person in the project's folder would type it."""
    project = TEMPLATES.parents[2]
    return path.relative_to(project).as_posix() if path.is_relative_to(project) else str(path)


def _parse(source: Source) -> PromptSpec:
    version = source.value.get("version")
    if version is not None and not source.quoted("version"):
        detail = f'quote the version: "{source.node("version").value}", else YAML reads 1.10 as 1.1'
        raise PromptBroken([source.problem(source.line("version"), detail)])
    try:
        return PromptSpec.model_validate(source.value)
    except ValidationError as error:
        raise PromptBroken([_shape_problem(source, detail) for detail in error.errors()]) from None


def _shape_problem(source: Source, error: ErrorDetails) -> FileProblem:
    path: tuple[Step, ...] = error["loc"]
    where = ".".join(str(step) for step in path)
    if path in _LATER:
        return source.problem(source.key_line(*path), f"{where} is not supported yet; leave it out")
    if error["type"] == "extra_forbidden":
        return source.problem(source.key_line(*path), f"unknown key {where}")
    if error["type"] == "missing":
        return source.problem(source.line(*path), f"{where} is missing")
    message = error["msg"].removeprefix("Value error, ")
    return source.problem(source.key_line(*path), f"{where}: {message}" if where else message)


def _name_problems(source: Source, spec: PromptSpec, path: Path) -> Iterator[FileProblem]:
    if path.parent.name != spec.key:
        yield source.problem(source.line("key"), f"the key {spec.key} lies in the folder {path.parent.name}")
    if path.stem != spec.version:
        yield source.problem(source.line("version"), f"version {spec.version} lies in a file named {path.name}")


def _variable_problems(source: Source, spec: PromptSpec) -> Iterator[FileProblem]:
    problems = [
        *_schema_problems(source, "variables", spec.variables),
        *_schema_problems(source, "output", spec.output or {"type": "object"}),
    ]
    if problems:
        yield from problems
        return
    for name, schema in spec.properties.items():
        line = source.key_line("variables", "properties", name)
        yield from (source.problem(line, f"{name}: {detail}") for detail in _property_problems(name, schema, spec))
    yield from _example_problems(source, spec)


def _schema_problems(source: Source, part: str, schema: Mapping[str, Any]) -> Iterator[FileProblem]:
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        yield source.problem(source.key_line(part, *error.absolute_path), f"{part} is no JSON Schema: {error.message}")
        return
    if schema.get("type") != "object":
        yield source.problem(source.key_line(part), f"{part} must be a schema of type object")
    for reference in references(schema):
        if not reference.startswith("#"):
            yield source.problem(source.key_line(part), f"{part} refers to {reference}; only #/$defs/... is followed")


def _property_problems(name: str, schema: Any, spec: PromptSpec) -> Iterator[str]:
    if not _VARIABLE.fullmatch(name):
        yield "a variable's name is made of a-z, 0-9 and _"
    if not isinstance(schema, dict):
        yield "must be a schema"
        return
    if not schema.get("title"):
        yield "needs a title, which the form shows"
    if not {"type", "enum", "const"} & schema.keys():
        yield "needs a type"
    if schema.get("type") == "string" and is_free_text(schema) and "maxLength" not in schema:
        yield "free text needs a maxLength"
    if name not in spec.variables.get("required", []) and "default" not in schema:
        yield "is neither required nor has a default"
    if "default" in schema and not spec.fits(name, schema["default"]):
        yield "its default does not fit its schema"


def _example_problems(source: Source, spec: PromptSpec) -> Iterator[FileProblem]:
    examples = spec.variables.get("examples")
    if not examples:
        yield source.problem(source.key_line("variables"), "variables need examples: a list with at least one payload")
        return
    for position, example in enumerate(examples):
        for error in spec.validator.iter_errors(example):
            line = source.line("variables", "examples", position)
            yield source.problem(line, f"example {position + 1} does not fit: {error.message}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """A text with placeholders: where it stands, what fills it, and which variables may."""

    path: tuple[Step, ...]
    text: str
    role: str
    own: Mapping[str, Any] | None = None


def _places(spec: PromptSpec) -> Iterator[_Place]:
    if spec.search is not None:
        return
    yield _Place(path=("system",), text=spec.system, role="system")
    if spec.messages is None:
        yield _Place(path=("user",), text=spec.user or "", role="user")
        return
    for position, turn in enumerate(spec.messages):
        own = turn.values or None
        yield _Place(path=("messages", position, "content"), text=turn.content, role=turn.role, own=own)


def _text_problems(source: Source, spec: PromptSpec) -> Iterator[FileProblem]:
    used: set[str] = set(spec.search.variables) if spec.search else set()
    for place in _places(spec):
        names = set()
        for placeholder in placeholders(place.text):
            line = source.line(*place.path, offset=placeholder.offset)
            problem = _placeholder_problem(placeholder.name, place, spec)
            if problem:
                yield source.problem(line, problem)
            names.add(placeholder.name)
        if place.own is None:
            used |= {name for name in names if name}
        else:
            yield from _own_value_problems(source, place, names, spec)
    for name in spec.properties:
        if name not in used:
            yield source.problem(source.key_line("variables", "properties", name), f"the variable {name} is never used")


def _placeholder_problem(name: str | None, place: _Place, spec: PromptSpec) -> str | None:
    if name is None:
        return "a lone $; write $$ for a dollar"
    if name == PASSAGES and spec.retrieve is not None:
        return None if place.role == "user" else f"${name} may not enter the {place.role} text"
    if name not in spec.properties:
        return f"${name} is not among the variables"
    if place.own is not None:
        return None if name in place.own else f"${name} has no value among this turn's values"
    if place.role != "user" and not may_enter_system(spec.properties[name]):
        return f"${name} may not enter the {place.role} text: only an enum or a boolean may"
    return None


def _own_value_problems(
    source: Source, place: _Place, names: set[str | None], spec: PromptSpec
) -> Iterator[FileProblem]:
    for name, value in (place.own or {}).items():
        line = source.key_line(*place.path[:-1], "values", name)
        schema = spec.properties.get(name)
        if name not in names or schema is None:
            yield source.problem(line, f"the value {name} is never used in this turn")
        elif not spec.fits(name, value):
            yield source.problem(line, f"the value {name} does not fit the variable's schema")


def _retrieval_problems(source: Source, spec: PromptSpec) -> Iterator[FileProblem]:
    if spec.retrieve is None:
        return
    if not _is_text(spec, spec.retrieve.query):
        yield source.problem(source.line("retrieve", "query"), "retrieve.query names no variable that is free text")
    if PASSAGES in spec.properties:
        line = source.key_line("variables", "properties", PASSAGES)
        yield source.problem(line, f"{PASSAGES} is what retrieval fills; name the variable otherwise")
    if not any(found.name == PASSAGES for place in _places(spec) for found in placeholders(place.text)):
        yield source.problem(source.key_line("retrieve"), f"the passages are never used; write ${PASSAGES}")


def _search_problems(source: Source, spec: PromptSpec) -> Iterator[FileProblem]:
    if spec.search is None:
        return
    if not _is_text(spec, spec.search.query):
        yield source.problem(source.line("search", "query"), "search.query names no variable that is free text")
    for name in sorted(spec.search.variables - set(spec.properties)):
        yield source.problem(source.key_line("variables"), f"a search needs the variable {name}")


def _is_text(spec: PromptSpec, name: str) -> bool:
    schema = spec.properties.get(name)
    return isinstance(schema, dict) and schema.get("type") == "string" and is_free_text(schema)


def _review_problems(source: Source, spec: PromptSpec) -> Iterator[FileProblem]:
    if spec.review is None:
        return
    for part, rule, needed in spec.review.unmet(output=spec.output is not None, retrieve=spec.retrieve is not None):
        position = source.value["review"][part]["rules"].index(rule)
        line = source.line("review", part, "rules", position)
        yield source.problem(line, f"review.{part}.rules: {rule} is never met by a prompt without {needed}")
