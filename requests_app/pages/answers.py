"""A request's text as the page shows it: finished blocks rendered, the rest as plain text, data as a tree."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from django.utils.functional import Promise
from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ai.types import JSON
from requests_app import sources
from requests_app.models import AIRequest, Status
from requests_app.pages.markdown import render, render_citing, split_finished
from requests_app.pages.tree import Node, in_order, tree_of
from requests_app.stream import Position, Snapshot, snapshot

# What stands on an empty sheet; a final status has no word of its own.
BLANK: dict[str, Promise] = {
    Status.PENDING: gettext_lazy("Waiting for its turn."),
    Status.PROCESSING: gettext_lazy("The model is reading what you sent."),
    Status.REVIEW: gettext_lazy("The answer is being reviewed."),
    Status.REJECTED: gettext_lazy("A reviewer rejected the answer."),
}
NOTHING = SafeString("")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What stands on the sheet. ``position`` is where ``text`` ends: a stream opened there goes on without a gap."""

    position: str
    text: str
    code: bool = False
    html: SafeString = NOTHING
    tail: str = ""
    tree: Node | None = None
    pretty: str = ""
    waiting: str = ""

    @property
    def raw(self) -> SafeString:
        """The exact text for a ``<template>``: HTML would turn a carriage return into a line feed."""
        return SafeString(escape(self.text).replace("\r", "&#13;"))


def answer_of(request: AIRequest, *, until: Position | None = None) -> Answer | None:
    """The answer now, or as far as ``until``; None where that is not to be had: another attempt is running."""
    seen = snapshot(request.pk, Position(0, 0))
    if until is not None and (until.attempt != seen.attempt or until.offset > seen.reached):
        return None
    end = until or seen.end
    answer = Answer(position=str(end), text=seen.text[: end.offset], waiting=_waiting(seen))
    schema = request.template.output_schema
    if schema is not None:
        plain = replace(answer, code=True, tail=answer.text)
        return _as_data(plain, _output(request), schema) if seen.status == Status.DONE else plain
    finished, rest = (answer.text, "") if seen.final else split_finished(answer.text)
    return replace(answer, html=_html(request, finished, seen.status), tail=rest)


def _html(request: AIRequest, text: str, status: str) -> SafeString:
    """Marks point to sources once the answer is delivered, for so long nothing of these is told."""
    if not sources.retrieves(request):
        return render(text)
    return render_citing(text, sources.keys(request) if status == Status.DONE else None)


def whole_answer(text: str, output: Any, schema: JSON | None, keys: Collection[int] | None = None) -> Answer:
    """One that stands still, wherever it is kept; ``keys`` are the numbers of its sources where it is to name them."""
    whole = Answer(position="", text=text)
    if schema is None:
        return replace(whole, html=render(text) if keys is None else render_citing(text, keys))
    return _as_data(replace(whole, code=True, tail=text), output, schema)


def _output(request: AIRequest) -> Any:
    """Read anew, as the row in hand may be older than the end."""
    return AIRequest.objects.values_list("output", flat=True).get(pk=request.pk)


def _as_data(plain: Answer, output: Any, schema: JSON) -> Answer:
    """The stored value, in the schema's order."""
    if output is None:
        return plain
    value = in_order(output, schema)
    return replace(plain, tree=tree_of(value), pretty=json.dumps(value, indent=2, ensure_ascii=False))


def _waiting(seen: Snapshot) -> str:
    """What stands on the sheet before the first word."""
    return "" if seen.text else str(BLANK.get(seen.status, _("Nothing was written.")))
