"""The search page: its form, and what one search has found."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ai.errors import Problem
from ai.rag.context import Passage
from requests_app.finding import PROMPT, Hit, Hits, Search, hits_of, searched
from requests_app.intake import Submission
from requests_app.models import AIRequest, Status
from requests_app.pages.facts import cost_of
from requests_app.pages.place import place_of
from requests_app.pages.snippets import Snippet, search_snippets
from requests_app.pages.wording import ago, failure

WORD = re.compile(r"\w{3,}|\d+")
COMMON = frozenset(
    [
        "the",
        "and",
        "for",
        "are",
        "was",
        "how",
        "what",
        "when",
        "where",
        "which",
        "who",
        "does",
        "with",
        "that",
        "this",
        "from",
    ]
)
MOST_WORDS = 40  # of a question, that are marked in passages
EXCERPT = 420  # characters of a passage that are shown at once
BEFORE = 80  # of them before the first marked word
WAYS = {"vector": gettext_lazy("by meaning"), "words": gettext_lazy("by its words")}


class SearchForm(forms.Form):
    q = forms.CharField(max_length=2000)
    top_k = forms.TypedChoiceField(
        coerce=int, choices=[(count, str(count)) for count in (5, 10, 20, 50)], required=False, empty_value=None
    )
    min_score = forms.FloatField(min_value=0, max_value=1, required=False)

    @classmethod
    def holding(cls, search: Search) -> SearchForm:
        return cls(initial={"q": search.text, "top_k": search.top_k, "min_score": search.min_score})

    @classmethod
    def asked(cls, query: QueryDict) -> SearchForm:
        """What an address asks for, before it is sent."""
        return cls(initial={name: query[name] for name in cls.base_fields if name in query})

    @property
    def narrowed(self) -> bool:
        """Whether more than the text is given, so that it is to be seen."""
        return bool(self["min_score"].value()) or bool(self["min_score"].errors)

    @property
    def counts(self) -> Sequence[tuple[str, bool]]:
        """The choices of how many, and which is chosen."""
        chosen = str(self["top_k"].value() or 10)
        known = [str(value) for value, _word in self.fields["top_k"].choices]  # type: ignore[attr-defined]
        return [(value, value == chosen) for value in known if chosen in known] or [(chosen, True)]

    def submission(self) -> Submission:
        given = {name: value for name, value in self.cleaned_data.items() if value is not None}
        return Submission(prompt_key=PROMPT, payload=given)

    def refused(self, problems: Iterable[Problem]) -> SearchForm:
        for problem in problems:
            name = problem.pointer.removeprefix("/payload/")
            self.add_error(name if name in self.fields else None, problem.detail)
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Text, and whether the question has it as a word."""

    text: str
    marked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A hit as the page shows it: ``whole`` where there is more than ``excerpt``."""

    rank: int
    score: str
    share: str
    ways: str
    passage: Passage | None
    excerpt: tuple[Piece, ...] = ()
    whole: tuple[Piece, ...] = ()


class SearchPage:
    """Each part is worked out when a template asks for it."""

    def __init__(self, request: AIRequest, search: Search, *, host: str) -> None:
        self._request = request
        self._host = host
        self.search = search
        self.form = SearchForm.holding(search)
        self.token = str(uuid4())

    @property
    def id(self) -> UUID:
        return self._request.pk

    @property
    def status(self) -> str:
        return self._request.status

    @property
    def final(self) -> bool:
        return self._request.final

    @property
    def done(self) -> bool:
        return self._request.status == Status.DONE

    @property
    def stopping(self) -> bool:
        return not self.final and self._request.cancel_requested_at is not None

    @property
    def asked(self) -> str:
        return ago(self._request.created)

    @property
    def created_iso(self) -> str:
        return self._request.created.isoformat()

    @property
    def waiting(self) -> str:
        """Why there is nothing yet."""
        place = place_of(self._request)
        return _("Searching your documents…") if place is None else place.detail

    @property
    def why(self) -> str:
        """Of a search that ended without a list."""
        if self._request.status == Status.CANCELLED:
            return _("It was stopped before anything was found.")
        return failure(self._request.error_code or "deadline_exceeded")

    @property
    def cost(self) -> str:
        return cost_of(self._request).sentence

    @cached_property
    def hits(self) -> Hits | None:
        return hits_of(self._request)

    @property
    def shown(self) -> list[Shown]:
        if self.hits is None:
            return []
        words = words_of(self.search.text)
        return [_shown(hit, words) for hit in self.hits.hits]

    @property
    def heading(self) -> str:
        count = len(self.hits.hits) if self.hits else 0
        if self.done:
            return ngettext("%(count)d passage", "%(count)d passages", count) % {"count": count}
        return _("No passages") if self.final else _("Searching")

    @property
    def few(self) -> str:
        """Why there are fewer than were wanted, where there were no more to choose from."""
        if self.hits is None or not self.hits.visible:
            return ""
        return ngettext(
            "You can see %(count)d passage in all, so no more can be found.",
            "You can see %(count)d passages in all, so no more can be found.",
            self.hits.visible,
        ) % {"count": self.hits.visible}

    @property
    def least(self) -> str:
        """Empty where everything is good enough: of a model whose minimum nobody has measured."""
        return f"{self.hits.min_score:.2f}" if self.hits and (self.hits.min_score or 0) > 0 else ""

    @property
    def snippets(self) -> list[Snippet]:
        return search_snippets(self._request.payload, host=self._host)


def page_of(request: AIRequest, *, host: str) -> SearchPage | None:
    """None where the request is no search."""
    search = searched(request)
    return None if search is None else SearchPage(request, search, host=host)


def words_of(text: str) -> re.Pattern[str] | None:
    """What finds the words of a question in a text, whole ones and however they are written."""
    told = [word for word in WORD.findall(text) if word.casefold() not in COMMON]
    words = sorted(map(re.escape, set(told[:MOST_WORDS])), key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(words)})(?!\w)", re.IGNORECASE) if words else None


def _shown(hit: Hit, words: re.Pattern[str] | None) -> Shown:
    known: dict[str, Any] = {}
    if hit.passage is not None:
        text = hit.passage.text
        cut = excerpt(text, words)
        known = {"excerpt": pieces(cut, words), "whole": pieces(text, words) if cut != text else ()}
    return Shown(
        rank=hit.rank,
        score=f"{hit.score:.2f}",
        share=f"{min(max(hit.score, 0.0), 1.0):.4f}",
        ways=_(" and ").join(str(WAYS[way]) for way in hit.found_by if way in WAYS),
        passage=hit.passage,
        **known,
    )


def excerpt(text: str, words: re.Pattern[str] | None) -> str:
    """From before its first marked word on, cut between words."""
    if len(text) <= EXCERPT:
        return text
    found = words.search(text) if words else None
    begin = max(0, min(found.start() - BEFORE, len(text) - EXCERPT)) if found else 0
    cut = text[begin : begin + EXCERPT]
    before = cut.partition(" ")[2] if begin else cut
    after = before.rpartition(" ")[0] if begin + EXCERPT < len(text) else before
    return f"{'… ' if begin else ''}{after or cut}{' …' if begin + EXCERPT < len(text) else ''}"


def pieces(text: str, words: re.Pattern[str] | None) -> tuple[Piece, ...]:
    return tuple(_pieces(text, words))


def _pieces(text: str, words: re.Pattern[str] | None) -> Iterator[Piece]:
    at = 0
    for found in words.finditer(text) if words else ():
        if found.start() > at:
            yield Piece(text=text[at : found.start()])
        yield Piece(text=found[0], marked=True)
        at = found.end()
    if at < len(text):
        yield Piece(text=text[at:])
