"""What a prompt version says: the format of its YAML file, and nothing that no code obeys.

``abandon_after_s`` belongs to the format but no part of the product honours it yet; a file that declares it is refused
rather than quietly disobeyed. ``review`` and ``retrieve`` may be declared: requests of such a prompt are
refused as long as the part that they need is missing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Annotated, Any, Literal

from jsonschema import Draft202012Validator
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from ai.review.spec import ReviewSpec
from ai.schemas import validator

KEY = r"^[a-z][a-z0-9_]{0,62}$"
PASSAGES = "passages"  # the placeholder that retrieval fills
MARKS = 40  # tokens around a passage, which may have two neighbours
VERSION = r"^(0|[1-9][0-9]{0,5})(\.(0|[1-9][0-9]{0,5})){0,2}$"

Text = Annotated[str, StringConstraints(min_length=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Turn(_Strict):
    """One message. A turn with ``values`` is an example: they fill its placeholders instead of the caller's."""

    role: Literal["user", "assistant"]
    content: Text
    values: dict[str, Any] = Field(default_factory=dict)


class Retrieve(_Strict):
    """``query`` is the variable whose text is searched for; what is found stands in place of ``$passages``.

    Of the ``top_k`` best passages those are shown that fit into ``tokens``, none below ``min_score`` (a cosine; without
    it the embedding model's own).
    """

    query: Text
    top_k: Annotated[int, Field(ge=1, le=50)] = 6
    tokens: Annotated[int, Field(ge=100, le=100_000)] = 1500
    min_score: Annotated[float, Field(ge=-1, le=1, strict=False)] | None = None

    @property
    def room(self) -> int:
        """Tokens of the input that passages, their headings and marks may take."""
        return self.tokens + MARKS * 3 * self.top_k


class Search(_Strict):
    """No model answers: the passages themselves are the answer, those that the text of the variable ``query`` finds.

    Beside it there are two more variables, ``top_k`` and ``min_score``, which is null for the embedding model's own.
    """

    query: Text

    @property
    def variables(self) -> frozenset[str]:
        return frozenset({self.query, "top_k", "min_score"})


class CacheSpec(_Strict):
    """For how many seconds an answer serves its owner again; up to ``stale`` seconds, where no model can answer."""

    ttl: Annotated[int, Field(ge=1, le=31 * 86_400)]
    stale: Annotated[int, Field(ge=1, le=366 * 86_400)] | None = None

    @model_validator(mode="after")
    def _stale_is_later(self) -> CacheSpec:
        if self.stale is not None and self.stale <= self.ttl:
            raise ValueError("stale must be longer than ttl")
        return self


ASKING = ("system", "max_tokens", "temperature", "route")  # what a model is asked with, beside the turns


class PromptSpec(_Strict):
    """One version of one prompt. One that is a ``search`` has none of what a model is asked with."""

    key: Annotated[str, StringConstraints(pattern=KEY)]
    version: Annotated[str, StringConstraints(pattern=VERSION)]
    description: Text
    system: Text = ""
    user: Text | None = None
    messages: Annotated[list[Turn], Field(min_length=1)] | None = None
    variables: dict[str, Any]
    max_tokens: Annotated[int, Field(ge=1, le=100_000)] = 0
    temperature: Annotated[float, Field(ge=0, le=2, strict=False)] = 0
    route: Annotated[str, StringConstraints(pattern=KEY)] = ""
    deadline: Annotated[int, Field(ge=1, le=3600)]
    output: dict[str, Any] | None = None
    review: ReviewSpec | None = None
    retrieve: Retrieve | None = None
    search: Search | None = None
    cache: CacheSpec | None = None
    cut: Literal["reset", "incomplete"] = "reset"

    @field_validator("messages")
    @classmethod
    def _take_turns(cls, messages: list[Turn] | None) -> list[Turn] | None:
        roles = [turn.role for turn in messages or []]
        if roles and (roles != [("user", "assistant")[i % 2] for i in range(len(roles))] or roles[-1] != "user"):
            raise ValueError("messages take turns: user first, then assistant, and user last")
        return messages

    @model_validator(mode="after")
    def _asks_a_model_or_searches(self) -> PromptSpec:
        if self.search is None:
            if missing := [name for name in ASKING if name not in self.model_fields_set]:
                raise ValueError(f"{missing[0]} is missing")
            return self
        asking = (*ASKING, "user", "messages", "output", "review", "retrieve", "cache")
        if needless := [name for name in asking if name in self.model_fields_set]:
            raise ValueError(f"search: no model is asked, so {needless[0]} has no use")
        return self

    @model_validator(mode="after")
    def _one_kind_of_turns(self) -> PromptSpec:
        if self.search is None and (self.user is None) == (self.messages is None):
            raise ValueError("give either user or messages")
        return self

    @model_validator(mode="after")
    def _what_serves_again(self) -> PromptSpec:
        if self.cache is not None and self.review is not None and self.review.gate is not None:
            raise ValueError("cache: an answer that a person must see first is not served again")
        if self.cache is not None and self.retrieve is not None:
            raise ValueError("cache: an answer from documents changes with them")
        return self

    @property
    def turns(self) -> tuple[Turn, ...]:
        return tuple(self.messages) if self.messages else (Turn(role="user", content=self.user or ""),)

    @property
    def properties(self) -> dict[str, Any]:
        """Each variable's own schema, in the order of the file."""
        declared = self.variables.get("properties", {})
        return declared if isinstance(declared, dict) else {}

    @property
    def defaults(self) -> dict[str, Any]:
        return {name: schema["default"] for name, schema in self.properties.items() if "default" in schema}

    @property
    def validator(self) -> Draft202012Validator:
        return validator({**self.variables, "additionalProperties": False})

    def fits(self, name: str, value: Any) -> bool:
        """Whether ``value`` alone fits the variable ``name``."""
        one = {**self.variables, "properties": {name: self.properties[name]}, "required": [name]}
        return validator(one).is_valid({name: value})


def is_free_text(schema: Mapping[str, Any]) -> bool:
    """Whether its value is the caller's own words. Numbers hold no words; enums and constants hold the author's."""
    if "enum" in schema or "const" in schema:
        return False
    return schema.get("type") not in ("boolean", "integer", "number")


def may_enter_system(schema: Mapping[str, Any]) -> bool:
    return schema.get("type") == "boolean" or "enum" in schema or "const" in schema


def references(schema: Any) -> Iterator[str]:
    """Every ``$ref`` in a schema."""
    if isinstance(schema, dict):
        yield from (value for key, value in schema.items() if key in ("$ref", "$dynamicRef") and isinstance(value, str))
        schema = list(schema.values())
    if isinstance(schema, list):
        for part in schema:
            yield from references(part)


@lru_cache(maxsize=512)
def parse_spec(content: str) -> PromptSpec:
    """The stored form of a version, parsed once a process."""
    return PromptSpec.model_validate(json.loads(content))
