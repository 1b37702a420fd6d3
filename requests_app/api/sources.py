"""What an answer rests on, as the API tells it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from requests_app.api.schema import TEXT, Described
from requests_app.freshness import Change
from requests_app.grounds import Grounds
from requests_app.models import Citation, StaleReason

COUNT: Described = {"type": "integer", "minimum": 0}
SOURCES: Described = {
    "type": "array",
    "description": "Passages that the answer was given from, by the number that it cites, as far as you may see them.",
    "items": {
        "type": "object",
        "properties": {
            "key": COUNT,
            "document": {"type": "string", "format": "uuid"},
            "version": COUNT,
            "title": TEXT,
            "headings": {"type": "array", "items": TEXT},
            "start": COUNT,
            "end": COUNT,
            "text": TEXT,
            "score": {"type": ["number", "null"]},
        },
        "required": ["key", "document", "version", "title", "headings", "start", "end", "text", "score"],
    },
}
QUOTE: Described = {
    "type": ["object", "null"],
    "description": "The sentence that it rests on, in the text of the document's version; null where it has none.",
    "properties": {"start": COUNT, "end": COUNT},
    "required": ["start", "end"],
}
CITATIONS: Described = {
    "type": "array",
    "description": (
        "The numbers in square brackets in the answer, where they stand. Offsets are code points. One points to a "
        "passage, to one that you may no longer see, or to nothing."
    ),
    "items": {
        "type": "object",
        "properties": {
            "position": COUNT,
            "key": COUNT,
            "points_to": {"type": "string", "enum": ["passage", "hidden", "nothing"]},
            "quote": QUOTE,
        },
        "required": ["position", "key", "points_to", "quote"],
    },
}

STALE_SOURCES: Described = {
    "type": "array",
    "description": "Documents that the answer cites and that have changed since, or are gone; empty: it is not stale."
    " One that you may no longer see is not named.",
    "items": {
        "type": "object",
        "properties": {
            "reason": {"type": "string", "enum": StaleReason.values},
            "since": {"type": "string", "format": "date-time", "description": "From when on the answer is stale."},
            "document": {"type": ["string", "null"], "format": "uuid"},
            "title": {"type": ["string", "null"]},
            "version": {"type": ["integer", "null"], "description": "Of the document, the first without the passage."},
        },
        "required": ["reason", "since", "document", "title", "version"],
    },
}


def stale_sources_of(changes: Iterable[Change]) -> list[dict[str, Any]]:
    return [
        {
            "reason": change.reason,
            "since": change.since.isoformat(),
            "document": str(change.source) if change.source else None,
            "title": change.title if change.source else None,
            "version": change.version,
        }
        for change in changes
    ]


def sources_of(grounds: Grounds) -> list[dict[str, Any]]:
    return [
        {
            "key": source.key,
            "document": str(passage.source),
            "version": passage.version,
            "title": passage.title,
            "headings": list(passage.headings),
            "start": passage.start,
            "end": passage.end,
            "text": passage.text,
            "score": passage.score,
        }
        for source in grounds.sources
        if source.block is not None
        for passage in source.block.passages
    ]


def citations_of(grounds: Grounds) -> list[dict[str, Any]]:
    return [
        {
            "position": each.position,
            "key": each.key,
            "points_to": _points_to(each, grounds),
            "quote": _quote(each, grounds),
        }
        for each in grounds.citations
    ]


def _points_to(citation: Citation, grounds: Grounds) -> str:
    if citation.source_id is None:
        return "nothing"
    return "hidden" if citation.key in grounds.hidden else "passage"


def _quote(citation: Citation, grounds: Grounds) -> dict[str, int | None] | None:
    if citation.quote_start is None or citation.key in grounds.hidden:
        return None
    return {"start": citation.quote_start, "end": citation.quote_end}
