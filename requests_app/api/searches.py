"""Searches: what a client asks for, and the passages it is answered with."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import Team
from accounts.strict import StrictText, StrictUUID
from requests_app.api.schema import COUNT, TEXT, Described
from requests_app.api.serializers import KnownFields, RequestSummary, StrictInteger, StrictNumber, links, team_of
from requests_app.finding import PROMPT, Hit, Search, hits_of, searched
from requests_app.intake import Submission
from requests_app.models import AIRequest
from requests_app.waiting import queue_ahead, waiting_for

LONGEST = 2000  # characters
PASSAGES: Described = {
    "type": "array",
    "description": (
        "What was found, the best first, as you may see it now. A passage that has gone with its document or its"
        " version, or that you may no longer see, keeps its rank and score, and all else of it is null."
    ),
    "items": {
        "type": "object",
        "properties": {
            "rank": {"type": "integer", "minimum": 1},
            "score": {"type": "number", "description": "The cosine of question and passage, however it was found."},
            "found_by": {"type": "array", "items": {"type": "string", "enum": ["vector", "words"]}},
            "gone": {"type": "boolean"},
            "document": {"type": ["string", "null"], "format": "uuid"},
            "title": {"type": ["string", "null"]},
            "headings": {"type": "array", "items": TEXT},
            "start": {**COUNT, "type": ["integer", "null"]},
            "end": {**COUNT, "type": ["integer", "null"]},
            "text": {"type": ["string", "null"]},
        },
        "required": [
            *("rank", "score", "found_by", "gone", "document", "title", "headings", "start", "end", "text"),
        ],
    },
}


class SearchSubmission(KnownFields):
    what = "a search"

    q = StrictText(max_length=LONGEST, help_text="In your own words, or words of the text.")
    top_k = StrictInteger(min_value=1, max_value=50, required=False, help_text="How many passages at most; 10.")
    min_score = StrictNumber(
        min_value=0,
        max_value=1,
        required=False,
        allow_null=True,
        help_text="Leave out what scores less; null: less than the embedding model's own minimum.",
    )
    team = StrictUUID(required=False, allow_null=True, help_text="Who pays, if not your personal team.")

    def validate_team(self, team_id: UUID | None) -> Team | None:
        return team_of(self.context["request"].user, team_id)

    def submission(self) -> Submission:
        given = dict(self.validated_data)
        return Submission(prompt_key=PROMPT, team=given.pop("team", None), payload=given)


class SearchDetail(RequestSummary):
    """A search as it is now, with what it has found."""

    # One instance serves all (``search_detail``): nothing of a search may be kept on it.

    q = serializers.SerializerMethodField()
    top_k = serializers.SerializerMethodField()
    min_score = serializers.SerializerMethodField(help_text="The one that was kept to, once it is done.")
    count = serializers.SerializerMethodField(help_text="How many passages were found; null until it is done.")
    visible = serializers.SerializerMethodField(
        help_text="How many passages you could see, where that was fewer than top_k: no more can be found. Else null."
    )
    passages = serializers.SerializerMethodField()
    waiting_for = serializers.SerializerMethodField()
    queue_ahead = serializers.SerializerMethodField(
        help_text="How many requests begin before it, as of the last second."
    )

    class Meta(RequestSummary.Meta):
        fields = (
            *("id", "status", "cancelling", "team", "deadline", "q", "top_k", "min_score", "count", "visible"),
            *("passages", "error", "model", "attempt", "takeovers", "usage", "cost_usd"),
            *("created", "started", "completed", "queue_ms", "waiting_for", "queue_ahead", "links"),
        )

    def to_representation(self, request: AIRequest) -> dict[str, Any]:
        shown = super().to_representation(request)
        if (hits := hits_of(request)) is None:
            return shown
        passages = [passage_of(hit) for hit in hits.hits]
        found = {"count": len(passages), "visible": hits.visible, "min_score": hits.min_score, "passages": passages}
        return {**shown, **found}

    def get_q(self, request: AIRequest) -> str:
        return _search(request).text

    def get_top_k(self, request: AIRequest) -> int:
        return _search(request).top_k

    def get_min_score(self, request: AIRequest) -> float | None:
        return _search(request).min_score

    def get_count(self, request: AIRequest) -> int | None:
        return None

    def get_visible(self, request: AIRequest) -> int | None:
        return None

    @extend_schema_field(PASSAGES)
    def get_passages(self, request: AIRequest) -> list[dict[str, Any]]:
        return []

    def get_waiting_for(self, request: AIRequest) -> str | None:
        return waiting_for(request)

    def get_queue_ahead(self, request: AIRequest) -> int | None:
        return queue_ahead(request)

    def get_links(self, request: AIRequest) -> dict[str, str]:
        return search_links(request)


def _search(request: AIRequest) -> Search:
    found = searched(request)
    return found if found is not None else Search(text="", top_k=0, min_score=None)


def passage_of(hit: Hit) -> dict[str, Any]:
    passage = hit.passage
    return {
        "rank": hit.rank,
        "score": hit.score,
        "found_by": list(hit.found_by),
        "gone": passage is None,
        "document": str(passage.source) if passage else None,
        "title": passage.title if passage else None,
        "headings": list(passage.headings) if passage else [],
        "start": passage.start if passage else None,
        "end": passage.end if passage else None,
        "text": passage.text if passage else None,
    }


_detail = SearchDetail()


def search_detail(request: AIRequest) -> dict[str, Any]:
    return _detail.to_representation(request)


def search_links(request: AIRequest) -> dict[str, str]:
    """Those of the request that it is, with the search's own address."""
    there = links(request)
    there.pop("feedback", None)
    here = there.pop("search")
    return {**there, "self": here, "request": there["self"]}
