"""What clients send and see. Fields are typed strictly: a number is not quietly read as text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import Team, User
from accounts.strict import StrictText, StrictUUID
from ai.models import PromptTemplate
from requests_app.api.schema import ERROR, INSTEAD, LINKS, USAGE
from requests_app.api.sources import (
    CITATIONS,
    SOURCES,
    STALE_SOURCES,
    citations_of,
    sources_of,
    stale_sources_of,
)
from requests_app.finding import PROMPT
from requests_app.freshness import changes
from requests_app.grounds import grounds_of
from requests_app.instead import Instead, instead_of, message_of
from requests_app.intake import Submission
from requests_app.models import AIRequest, Lane, Priority, Status
from requests_app.stream import Position, snapshot, usage_of
from requests_app.waiting import queue_ahead, waiting_for

METADATA_BYTES = 4096
LONGEST_DEADLINE_S = 24 * 3600


class StrictNumber(serializers.FloatField):
    def to_internal_value(self, data: Any) -> float:
        if isinstance(data, bool | str):
            self.fail("invalid")
        return super().to_internal_value(data)


class StrictInteger(serializers.IntegerField):
    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return super().to_internal_value(data)


class KnownFields(serializers.Serializer[Any]):
    """A misspelt field is refused: silently it would do nothing."""

    what = "a request"

    def to_internal_value(self, data: Any) -> Any:
        unknown = set(data) - set(self.fields) if isinstance(data, Mapping) else set()
        if unknown:
            raise serializers.ValidationError({name: [f"is not a field of {self.what}"] for name in sorted(unknown)})
        return super().to_internal_value(data)


def team_of(user: User, team_id: UUID | None) -> Team | None:
    if team_id is None:
        return None
    team = Team.objects.paying_for(user).filter(pk=team_id).first()
    if team is None:
        raise serializers.ValidationError("is none of your teams")
    return team


class SubmissionSerializer(KnownFields):
    prompt_key = StrictText(max_length=100, trim_whitespace=False)
    payload = serializers.DictField()
    team = StrictUUID(required=False, allow_null=True)
    priority = serializers.ChoiceField(choices=Priority.values, required=False)
    lane = serializers.ChoiceField(choices=Lane.values, required=False)
    quality = StrictInteger(min_value=1, max_value=9, required=False, allow_null=True)
    model = StrictText(max_length=200, required=False, allow_null=True, trim_whitespace=False)
    deadline_s = StrictNumber(min_value=1, max_value=LONGEST_DEADLINE_S, required=False, allow_null=True)
    object_id = StrictText(max_length=200, required=False, allow_blank=True, trim_whitespace=False)
    metadata = serializers.DictField(required=False)

    def validate_team(self, team_id: UUID | None) -> Team | None:
        return team_of(self.context["request"].user, team_id)

    def validate_metadata(self, metadata: dict[str, Any]) -> dict[str, Any]:
        if len(json.dumps(metadata)) > METADATA_BYTES:
            raise serializers.ValidationError(f"is longer than {METADATA_BYTES:,} bytes as JSON")
        return metadata

    def submission(self) -> Submission:
        return Submission(**self.validated_data)


class RequestSummary(serializers.ModelSerializer[AIRequest]):
    """A request without its texts: a row of the list."""

    cancelling = serializers.SerializerMethodField()
    error = serializers.SerializerMethodField()
    usage = serializers.SerializerMethodField()
    cost_usd = serializers.DecimalField(
        max_digits=20, decimal_places=12, normalize_output=True, read_only=True, allow_null=True
    )
    saved_usd = serializers.DecimalField(
        max_digits=20, decimal_places=12, normalize_output=True, read_only=True, allow_null=True
    )
    queue_ms = serializers.SerializerMethodField()
    links = serializers.SerializerMethodField()

    class Meta:
        model = AIRequest
        fields: tuple[str, ...] = (
            "id",
            "status",
            "cancelling",
            "team",
            "lane",
            "priority",
            "deadline",
            "object_id",
            "retry_of",
            "prompt_key",
            "prompt_version",
            "error",
            "repaired",
            "model",
            "model_asked",
            "provider",
            "attempt",
            "takeovers",
            "usage",
            "cost_usd",
            "answered_by",
            "saved_usd",
            "stale",
            "created",
            "started",
            "first_token",
            "completed",
            "queue_ms",
            "links",
        )

    def get_cancelling(self, request: AIRequest) -> bool:
        return request.cancel_requested_at is not None and not request.final

    @extend_schema_field(ERROR)
    def get_error(self, request: AIRequest) -> dict[str, str] | None:
        if not request.error_code:
            return None
        return {"code": request.error_code, "message": request.error_message}

    @extend_schema_field(USAGE)
    def get_usage(self, request: AIRequest) -> dict[str, Any] | None:
        return usage_of(request)

    def get_queue_ms(self, request: AIRequest) -> int | None:
        if request.started is None:
            return None
        return round((request.started - request.created).total_seconds() * 1000)

    @extend_schema_field(LINKS)
    def get_links(self, request: AIRequest) -> dict[str, str]:
        return links(request)


class RequestDetail(RequestSummary):
    """One request with its texts."""

    # One instance serves all (``detail``): nothing of a request may be kept on it.

    output = serializers.JSONField(read_only=True, help_text="The answer's value, where the prompt has a schema.")
    partial = serializers.SerializerMethodField()  # type: ignore[assignment]  # the metaclass takes it out of the way
    position = serializers.SerializerMethodField()
    sources = serializers.SerializerMethodField()
    citations = serializers.SerializerMethodField()
    stale_sources = serializers.SerializerMethodField()
    waiting_for = serializers.SerializerMethodField()
    queue_ahead = serializers.SerializerMethodField(
        help_text="How many requests begin before it, as of the last second."
    )
    fallback = serializers.SerializerMethodField()

    class Meta(RequestSummary.Meta):
        fields = (
            *RequestSummary.Meta.fields,
            "metadata",
            "payload",
            "result",
            "output",
            "partial",
            "position",
            "sources",
            "citations",
            "stale_sources",
            "waiting_for",
            "queue_ahead",
            "fallback",
        )

    def to_representation(self, request: AIRequest) -> dict[str, Any]:
        """``partial`` is the text up to ``position``, from one look: a stream opened there goes on without a gap."""
        grounds = grounds_of(request)  # one look for both
        cited = {"sources": sources_of(grounds), "citations": citations_of(grounds)}
        shown = {**super().to_representation(request), **cited}
        if request.final or request.attempt == 0:  # the row itself has all the text that there is
            return shown
        seen = snapshot(request.pk, Position(request.attempt, 0))
        return {**shown, "partial": seen.text or None, "position": str(seen.end)}

    def get_partial(self, request: AIRequest) -> str | None:
        return request.partial or None

    def get_position(self, request: AIRequest) -> str:
        return str(Position(request.attempt, len(request.text)))

    @extend_schema_field(SOURCES)
    def get_sources(self, request: AIRequest) -> list[dict[str, Any]]:
        return []  # ``to_representation`` knows

    @extend_schema_field(CITATIONS)
    def get_citations(self, request: AIRequest) -> list[dict[str, Any]]:
        return []

    @extend_schema_field(STALE_SOURCES)
    def get_stale_sources(self, request: AIRequest) -> list[dict[str, Any]]:
        return stale_sources_of(changes(request))

    def get_waiting_for(self, request: AIRequest) -> str | None:
        return waiting_for(request)

    def get_queue_ahead(self, request: AIRequest) -> int | None:
        return queue_ahead(request)

    @extend_schema_field(INSTEAD)
    def get_fallback(self, request: AIRequest) -> dict[str, Any] | None:
        told = instead_of(request)
        return None if told is None else instead(told)


_detail = RequestDetail()


def detail(request: AIRequest) -> dict[str, Any]:
    """A request as RequestDetail shows it, whose forty fields take a millisecond to build."""
    return _detail.to_representation(request)


def instead(told: Instead) -> dict[str, Any]:
    passed = told.passed
    return {
        "asked": told.asked,
        "used": told.used,
        "reason": told.reason,
        "why": (passed and passed.why) or None,
        "free_at": passed and passed.free,
        "message": message_of(told),
    }


def links(request: AIRequest) -> dict[str, str]:
    """Where to go from here; a link that would be refused is absent."""
    here = reverse("api-request", args=[request.pk])
    found = {"self": here, "page": reverse("request", args=[request.pk])}
    if request.final:
        found["retry"] = reverse("api-request-retry", args=[request.pk])
    else:
        found["cancel"] = reverse("api-request-cancel", args=[request.pk])
    if request.status == Status.DONE:
        found["feedback"] = reverse("api-request-feedback", args=[request.pk])
    if request.prompt_key == PROMPT:
        found |= {
            "search": reverse("api-search", args=[request.pk]),
            "page": reverse("search-found", args=[request.pk]),
        }
    return {**found, "events": f"{here}/events", "socket": f"/ws/requests/{request.pk}"}


class PromptSummary(serializers.ModelSerializer[PromptTemplate]):
    """The live version of a prompt: what to send, and what it makes of it."""

    variables = serializers.JSONField(read_only=True)
    example = serializers.JSONField(read_only=True)
    unavailable = serializers.SerializerMethodField()
    links = serializers.SerializerMethodField()

    class Meta:
        model = PromptTemplate
        fields: tuple[str, ...] = (
            "key",
            "version",
            "hash",
            "published",
            "description",
            "variables",
            "example",
            "unavailable",
            "links",
        )

    def get_unavailable(self, template: PromptTemplate) -> str | None:
        """Why requests of it are refused; null where they are taken."""
        return template.unavailable or None

    @extend_schema_field(LINKS)
    def get_links(self, template: PromptTemplate) -> dict[str, str]:
        return {"self": reverse("api-prompt", args=[template.key])}


class PromptDetail(PromptSummary):
    """A prompt with all its versions, newest first."""

    versions = serializers.SerializerMethodField()

    class Meta(PromptSummary.Meta):
        fields = (*PromptSummary.Meta.fields, "versions")

    def get_versions(self, template: PromptTemplate) -> list[dict[str, Any]]:
        rows = PromptTemplate.objects.filter(key=template.key).order_by("-created", "-id")
        return [
            {
                "version": row.version,
                "hash": row.hash,
                "published": row.published,
                "created": row.created,
                "live": row.pk == template.pk,
            }
            for row in rows.defer("content")
        ]


class PromptPage(serializers.Serializer[Any]):
    results = PromptSummary(many=True)
