"""YAML as strict JSON with line numbers: what PyYAML forgives by default is refused here.

No duplicate keys, aliases, tags or merges; ``yes`` and ``2026-01-01`` are text; numbers are JSON numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Self

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from ai.errors import FileBroken, FileProblem
from ai.storable import UNSTORABLE

Step = str | int


class _Loader(yaml.SafeLoader):
    """Resolves plain scalars as JSON does."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}


for _tag, _pattern, _first in (
    ("null", r"^(?:null|~|)$", ["n", "~", ""]),
    ("bool", r"^(?:true|false)$", ["t", "f"]),
    ("int", r"^-?(?:0|[1-9][0-9]*)$", list("-0123456789")),
    ("float", r"^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?$", list("-0123456789")),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), _first)


class Source:
    """One file, read: its plain value, and the line of each part of it."""

    @classmethod
    def read(cls, path: Path, *, name: str) -> Self:
        """Raises FileBroken."""
        try:
            return cls(name=name, text=path.read_text(encoding="utf-8"))
        except UnicodeDecodeError as error:
            line = error.object.count(b"\n", 0, error.start) + 1
            raise FileBroken([FileProblem(file=name, line=line, detail="not UTF-8")]) from None

    def __init__(self, *, name: str, text: str) -> None:
        """Raises FileBroken with the first reason why ``text`` is no plain YAML mapping."""
        self.name = name
        self.text = text
        self.root = _compose(name, text)
        self.value: dict[str, Any] = _value(name, self.root)

    def node(self, *path: Step) -> Node:
        """The node at ``path``, or the deepest one that exists on the way."""
        node: Node = self.root
        for step in path:
            below = _child(node, step)
            if below is None:
                break
            node = below
        return node

    def line(self, *path: Step, offset: int = 0) -> int:
        """The line of a part, 1-based; inside a literal block (``|``) the very line of the code point ``offset``."""
        node = self.node(*path)
        line: int = node.start_mark.line + 1
        if isinstance(node, ScalarNode) and node.style == "|":
            line += 1 + node.value.count("\n", 0, offset)
        return line

    def key_line(self, *path: Step) -> int:
        """The line of the key that ``path`` ends with, also where its value lies below it."""
        parent = self.node(*path[:-1])
        if path and isinstance(parent, MappingNode):
            for key, _ in parent.value:
                if key.value == path[-1]:
                    return int(key.start_mark.line) + 1
        return self.line(*path)

    def quoted(self, *path: Step) -> bool:
        node = self.node(*path)
        return isinstance(node, ScalarNode) and node.style in ("'", '"')

    def problem(self, line: int, detail: str) -> FileProblem:
        return FileProblem(file=self.name, line=line, detail=detail)


def _compose(name: str, text: str) -> MappingNode:
    try:
        for event in yaml.parse(text, Loader=_Loader):
            if isinstance(event, yaml.AliasEvent):
                raise _broken(name, event.start_mark, "aliases (*name) are not allowed")
        root = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        raise _broken(name, error.problem_mark, f"not YAML: {error.problem}") from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise FileBroken([FileProblem(file=name, line=line, detail=f"not YAML: {error.reason}")]) from None
    if not isinstance(root, MappingNode):
        raise FileBroken([FileProblem(file=name, line=1, detail="must be a mapping of keys to values")])
    return root


def _value(name: str, root: MappingNode) -> dict[str, Any]:
    problems = list(_node_problems(name, root))
    if problems:
        raise FileBroken(problems)
    value: dict[str, Any] = _Loader("").construct_document(root)
    return value


def _node_problems(name: str, node: Node) -> Iterator[FileProblem]:
    if isinstance(node, MappingNode):
        yield from _key_problems(name, [key for key, _ in node.value])
    elif isinstance(node, ScalarNode):
        if UNSTORABLE.search(node.value):
            yield _problem(name, node, "the text holds a NUL or half a surrogate pair")
        if node.tag.rpartition(":")[2] not in ("str", "null", "bool", "int", "float"):
            yield _problem(name, node, f"the tag {node.tag} is not allowed")
    for child in _children(node):
        yield from _node_problems(name, child)


def _key_problems(name: str, keys: Sequence[Node]) -> Iterator[FileProblem]:
    first: dict[Any, int] = {}
    for key in keys:
        if not isinstance(key, ScalarNode) or key.tag != "tag:yaml.org,2002:str":
            yield _problem(name, key, "keys must be text; quote this one")
        elif key.value in first:
            yield _problem(name, key, f"the key {key.value} is there twice; first in line {first[key.value]}")
        else:
            first[key.value] = key.start_mark.line + 1


def _children(node: Node) -> list[Node]:
    if isinstance(node, MappingNode):
        return [value for _, value in node.value]
    return list(node.value) if isinstance(node, SequenceNode) else []


def _child(node: Node, step: Step) -> Node | None:
    if isinstance(node, MappingNode):
        return next((value for key, value in node.value if key.value == step), None)
    if isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.value):
        child: Node = node.value[step]
        return child
    return None


def _problem(name: str, node: Node, detail: str) -> FileProblem:
    return FileProblem(file=name, line=node.start_mark.line + 1, detail=detail)


def _broken(name: str, mark: Any, detail: str) -> FileBroken:
    return FileBroken([FileProblem(file=name, line=mark.line + 1 if mark else 1, detail=detail)])
