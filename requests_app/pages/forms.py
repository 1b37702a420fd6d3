"""A prompt's form, built from the JSON Schema of its variables.

The schema stays the only judge: what a person typed is turned into the schema's types as far as it goes, and what does
not go is handed on as it is, so that the one validation at the door names it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal
from uuid import uuid4

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ai.errors import Problem
from ai.models import PromptTemplate
from ai.types import JSON

Kind = Literal["text", "textarea", "select", "checkbox", "number", "json"]
Schema = Mapping[str, Any]
PREFIX = "v-"
BREAKS = "breaks-"
CRLF = "crlf"
LONG_TEXT = 200
MARKED = "true"


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    value: str
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One variable as a form control; ``value`` is what stands in it, as text."""

    name: str
    schema: Schema
    required: bool
    value: str = ""
    error: str = ""

    @property
    def id(self) -> str:
        return PREFIX + self.name

    @property
    def input_name(self) -> str:
        return PREFIX + self.name

    @property
    def label(self) -> str:
        return str(self.schema["title"])

    @property
    def hint(self) -> str:
        return str(self.schema.get("description", ""))

    @property
    def type(self) -> str:
        kind = self.schema.get("type", "string")
        return kind if isinstance(kind, str) else str(next((name for name in kind if name != "null"), "string"))

    @property
    def kind(self) -> Kind:
        if "enum" in self.schema:
            return "select"
        if self.type in {"array", "object"}:
            return "json"
        if self.type in {"integer", "number"}:
            return "number"
        if self.type == "boolean":
            return "checkbox"
        long = self.schema.get("x-multiline") or self.schema.get("maxLength", 0) > LONG_TEXT
        return "textarea" if long else "text"

    @property
    def long(self) -> bool:
        """A text area, which can take a file."""
        return self.kind in {"textarea", "json"}

    @property
    def breaks_name(self) -> str:
        return f"{BREAKS}{self.name}"

    @property
    def breaks(self) -> str:
        """``crlf`` where each line ends so: a text area shows no difference, and would send all texts alike."""
        return CRLF if self.value.count("\r\n") == self.value.count("\n") > 0 else ""

    @property
    def max_length(self) -> int | None:
        """In code points; for a counter, never for the control: browsers count UTF-16 units and cut without a word."""
        return self.schema.get("maxLength") if self.kind in {"text", "textarea"} else None

    @property
    def step(self) -> str:
        return "1" if self.type == "integer" else "any"

    @property
    def options(self) -> Sequence[Option]:
        values = [as_text(value) for value in self.schema["enum"]]
        return [Option(value=value, label=value, chosen=value == self.value) for value in values]

    @property
    def described_by(self) -> str:
        there = (("hint", self.hint), ("error", self.error))
        return " ".join(f"{self.id}-{part}" for part, text in there if text)

    @property
    def may_be_blank(self) -> bool:
        """A list of choices always has one chosen."""
        return not self.required and self.kind != "select"

    @property
    def blank(self) -> bool:
        """Whether nothing is to be sent, so that the default or "is missing" applies. A text may be cleared."""
        clearable = self.kind in {"text", "textarea"} and not self.required
        return self.value == "" and not clearable

    @property
    def typed(self) -> Any:
        """The value in the schema's type; what cannot be one stays text."""
        match self.kind:
            case "checkbox":
                return self.value == MARKED
            case "select":
                return next((value for value in self.schema["enum"] if as_text(value) == self.value), self.value)
            case "number" | "json":
                return _parsed(self.value)
            case _:
                return self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptForm:
    """The form of one prompt. ``token`` names this filling-in: sent twice, it makes one request."""

    fields: tuple[Field, ...]
    token: str
    unplaced: tuple[str, ...] = ()

    @classmethod
    def holding(cls, template: PromptTemplate, payload: JSON) -> PromptForm:
        """A new form with these values in it."""
        values = {name: as_text(value) for name, value in {**template.spec.defaults, **payload}.items()}
        return cls(fields=_fields(template, values), token=str(uuid4()))

    @classmethod
    def sent(cls, template: PromptTemplate, data: Mapping[str, str]) -> PromptForm:
        """The form as it came back."""
        values = {name: _sent(data, name) for name in template.spec.properties}
        return cls(fields=_fields(template, values), token=data.get("token", "")[:64])

    @property
    def payload(self) -> dict[str, Any]:
        return {field.name: field.typed for field in self.fields if field.kind == "checkbox" or not field.blank}

    def refused(self, problems: Sequence[Problem]) -> PromptForm:
        """The same form with each problem at its field, and the rest above all fields."""
        placed: dict[str, str] = {}
        unplaced: list[str] = []
        for problem in problems:
            name = _field_name(problem.pointer)
            if any(field.name == name for field in self.fields):
                placed.setdefault(name, problem.detail)
            else:
                unplaced.append(problem.detail)
        fields = tuple(replace(field, error=placed.get(field.name, "")) for field in self.fields)
        return replace(self, fields=fields, unplaced=tuple(unplaced))

    @property
    def headline(self) -> str:
        """One sentence above everything that is wrong; empty where nothing is."""
        wrong = sum(bool(field.error) for field in self.fields)
        if wrong:
            return ngettext("One field needs another look", "%(count)s fields need another look", wrong) % {
                "count": wrong
            }
        return _("This could not be sent") if self.unplaced else ""


def as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _fields(template: PromptTemplate, values: Mapping[str, str]) -> tuple[Field, ...]:
    required = template.spec.variables.get("required", [])
    return tuple(
        Field(name=name, schema=schema, required=name in required, value=values.get(name, ""))
        for name, schema in template.spec.properties.items()
    )


def _sent(data: Mapping[str, str], name: str) -> str:
    """Browsers send line breaks as CR LF, whatever was typed; only a text that came with them keeps them."""
    text = data.get(PREFIX + name, "")
    return text if data.get(BREAKS + name) == CRLF else text.replace("\r\n", "\n")


def _field_name(pointer: str) -> str:
    """``/payload/text/0`` is about the variable ``text``; their names hold nothing that pointers escape."""
    _root, payload, name, *_deeper = [*pointer.split("/"), "", ""]
    return name if payload == "payload" else ""


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
