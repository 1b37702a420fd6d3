"""What an answer rests on, as the API tells it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from requests_app.api.schema import TEXT, Described
from requests_app.freshness import Change
from requests_app.models import StaleReason
from requests_app.sources import Told

COUNT: Described = {"type": "integer", "minimum": 0}
SOURCES: Described = {
    "type": "array",
    "description": "Passages that the answer was given from, by the number that it cites, as far as you may see them.",
    "items": {
        "type": "object",
        "properties": {
            "key": COUNT,
            "document": {"type": "string", "format": "uuid"},
            "title": TEXT,
            "headings": {"type": "array", "items": TEXT},
            "start": COUNT,
            "end": COUNT,
            "text": TEXT,
            "score": {"type": ["number", "null"]},
        },
        "required": ["key", "document", "title", "headings", "start", "end", "text", "score"],
    },
}
QUOTE: Described = {
    "type": ["object", "null"],
    "description": "The sentence of the document that it rests on; null: the number points to nothing.",
    "properties": {"start": COUNT, "end": COUNT},
    "required": ["start", "end"],
}
CITATIONS: Described = {
    "type": "array",
    "description": "The numbers in square brackets in the answer, where they stand. Offsets are code points.",
    "items": {
        "type": "object",
        "properties": {"position": COUNT, "key": COUNT, "quote": QUOTE},
        "required": ["position", "key", "quote"],
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


def sources_of(told: Told) -> list[dict[str, Any]]:
    return [
        {
            "key": block.key,
            "document": str(passage.source),
            "title": passage.title,
            "headings": list(passage.headings),
            "start": passage.start,
            "end": passage.end,
            "text": passage.text,
            "score": passage.score,
        }
        for block in told.blocks
        for passage in block.passages
    ]


def citations_of(told: Told) -> list[dict[str, Any]]:
    return [
        {
            "position": each.position,
            "key": each.key,
            "quote": {"start": each.quote_start, "end": each.quote_end} if each.source_id else None,
        }
        for each in told.citations
    ]
