from __future__ import annotations

import json
from typing import Any

import pytest

from ai.errors import Problem
from ai.models import PromptTemplate
from requests_app.pages.forms import Field, PromptForm

SCHEMAS: dict[str, dict[str, Any]] = {
    "name": {"title": "Name", "type": "string", "maxLength": 80},
    "essay": {"title": "Essay", "type": "string", "maxLength": 9000, "minLength": 1},
    "tone": {"title": "Tone", "enum": ["dry", "warm"], "default": "warm"},
    "size": {"title": "Size", "enum": [1, 2]},
    "points": {"title": "Points", "type": "integer", "default": 3},
    "share": {"title": "Share", "type": "number"},
    "strict": {"title": "Strict", "type": "boolean", "default": True},
    "tags": {"title": "Tags", "type": "array", "items": {"type": "string"}},
}


@pytest.fixture
def template() -> PromptTemplate:
    spec = {
        "key": "all_kinds", "version": "1", "description": "d", "system": "s", "user": "$name", "route": "default",
        "variables": {"type": "object", "properties": SCHEMAS, "required": ["essay", "size", "share", "tags"],
                      "examples": [{}]},
        "max_tokens": 5, "temperature": 0, "deadline": 5,
    }  # fmt: skip
    return PromptTemplate(key="all_kinds", version="1", content=json.dumps(spec))


def sent(template: PromptTemplate, **values: str) -> dict[str, Any]:
    return PromptForm.sent(template, {f"v-{name}": value for name, value in values.items()}).payload


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("name", "text"), ("essay", "textarea"), ("tone", "select"), ("points", "number"), ("share", "number"),
        ("strict", "checkbox"), ("tags", "json"),
    ],
)  # fmt: skip
def test_each_schema_has_its_control(name: str, kind: str) -> None:
    assert Field(name=name, schema=SCHEMAS[name], required=True).kind == kind


@pytest.mark.parametrize(
    ("name", "typed", "value"),
    [
        ("essay", " kept as it is ", " kept as it is "),
        ("essay", "one\r\ntwo", "one\ntwo"),
        ("size", "2", 2),
        ("size", "9", "9"),
        ("points", "7", 7),
        ("points", "seven", "seven"),
        ("share", "0.5", 0.5),
        ("strict", "true", True),
        ("tags", '["a"]', ["a"]),
        ("tags", "a, b", "a, b"),
        ("name", "", ""),
    ],
)
def test_values_take_the_type_of_their_schema(template: PromptTemplate, name: str, typed: str, value: Any) -> None:
    assert sent(template, **{name: typed})[name] == value


@pytest.mark.parametrize("name", ["essay", "points", "share", "tags"])
def test_a_blank_is_not_sent(template: PromptTemplate, name: str) -> None:
    assert name not in sent(template, **{name: ""})


def test_a_box_without_its_tick_is_no(template: PromptTemplate) -> None:
    assert sent(template)["strict"] is False


def test_a_new_form_holds_defaults_and_values(template: PromptTemplate) -> None:
    form = PromptForm.holding(template, {"tags": ["x"], "strict": False})
    assert {field.name: field.value for field in form.fields} == {
        "name": "", "essay": "", "tone": "warm", "size": "", "points": "3", "share": "", "strict": "false",
        "tags": '["x"]',
    }  # fmt: skip


def test_a_form_gives_back_what_it_holds(template: PromptTemplate) -> None:
    payload = {
        "name": "n",
        "essay": "e",
        "tone": "dry",
        "size": 1,
        "points": 4,
        "share": 0.5,
        "strict": False,
        "tags": [],
    }
    held = PromptForm.holding(template, payload)
    data = {field.input_name: field.value for field in held.fields if field.value != "false"}
    assert PromptForm.sent(template, data).payload == payload


def test_problems_stand_at_their_fields(template: PromptTemplate) -> None:
    problems = [
        Problem(pointer="/payload/tags/0", detail="must be text"),
        Problem(pointer="/payload", detail="too long"),
    ]
    form = PromptForm.sent(template, {}).refused(problems)
    assert [field.error for field in form.fields if field.error] == ["must be text"]
    assert form.unplaced == ("too long",)
    assert form.headline == "One field needs another look"


def test_the_counter_counts_only_text() -> None:
    assert Field(name="essay", schema=SCHEMAS["essay"], required=True).max_length == 9000
    assert Field(name="points", schema=SCHEMAS["points"], required=True).max_length is None
