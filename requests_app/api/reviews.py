"""Answers that wait for a verdict, as reviewers' programs see and judge them."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.strict import StrictText
from requests_app.api.schema import LINKS, REASONS
from requests_app.api.serializers import KnownFields
from requests_app.api.sources import CITATIONS, SOURCES, citations_of, sources_of
from requests_app.grounds import grounds_under_review
from requests_app.models import AIAttempt, AIReviewQueue, ReviewAction, ReviewKind
from requests_app.models.review import LONGEST_NOTE

STEPS = ("take", "give-back", "escalate", "approve", "edit", "reject", "undo")


class ReviewSummary(serializers.ModelSerializer[AIReviewQueue]):
    """A review without its texts: a row of the list."""

    prompt_key = serializers.CharField(source="request.prompt_key", read_only=True)
    prompt_version = serializers.CharField(source="request.prompt_version", read_only=True)
    reasons = serializers.SerializerMethodField(help_text="Codes, with the numbers that were compared.")
    overdue = serializers.SerializerMethodField()
    held_by = serializers.SerializerMethodField(help_text="Who has it in their hands; null when nobody does.")
    mine = serializers.SerializerMethodField(help_text="Whether that is you.")
    links = serializers.SerializerMethodField()

    class Meta:
        model = AIReviewQueue
        fields: tuple[str, ...] = (
            "id",
            "request",
            "prompt_key",
            "prompt_version",
            "kind",
            "reasons",
            "priority",
            "escalated",
            "due",
            "overdue",
            "held_by",
            "claimed_until",
            "mine",
            "verdict",
            "created",
            "links",
        )

    @extend_schema_field(REASONS)
    def get_reasons(self, item: AIReviewQueue) -> Any:
        return item.reasons

    def get_overdue(self, item: AIReviewQueue) -> bool:
        return not item.closed and not item.verdict and item.due <= timezone.now()

    def get_held_by(self, item: AIReviewQueue) -> str | None:
        held = item.claimed_until is not None and item.claimed_until > timezone.now()
        return str(item.claimed_by) if held else None

    def get_mine(self, item: AIReviewQueue) -> bool:
        return self.get_held_by(item) is not None and item.claimed_by_id == self.context["request"].user.pk

    @extend_schema_field(LINKS)
    def get_links(self, item: AIReviewQueue) -> dict[str, str]:
        here = reverse("api-review", args=[item.pk])
        return {"self": here, "page": reverse("review", args=[item.pk]), **{step: f"{here}/{step}" for step in STEPS}}


class ReviewAttempt(serializers.ModelSerializer[AIAttempt]):
    """One call of a model."""

    class Meta:
        model = AIAttempt
        fields = ("number", "reason", "provider", "model", "outcome", "started", "closed")
        read_only_fields = fields


class ReviewLogEntry(serializers.ModelSerializer[ReviewAction]):
    """One step of the review; ``person`` is null where Lintel took it."""

    person = serializers.CharField(read_only=True, allow_null=True)

    class Meta:
        model = ReviewAction
        fields = ("at", "step", "person", "verdict", "note")
        read_only_fields = fields


class ReviewDetail(ReviewSummary):
    """One review with everything that a verdict needs."""

    payload = serializers.JSONField(source="request.payload", read_only=True, help_text="What was sent.")
    text = serializers.SerializerMethodField(help_text="The model's answer.")
    output = serializers.SerializerMethodField(help_text="The answer's value, where the prompt has a schema.")
    sources = serializers.SerializerMethodField(help_text="What the model was shown, as far as its asker may see it.")
    citations = serializers.SerializerMethodField(help_text="What the model's answer names of it.")
    attempts = ReviewAttempt(source="request.attempts", many=True, read_only=True)
    cost_usd = serializers.DecimalField(
        source="request.cost_usd", max_digits=20, decimal_places=12, normalize_output=True, read_only=True,
        allow_null=True,
    )  # fmt: skip
    decided_by = serializers.CharField(read_only=True, allow_null=True)
    log = ReviewLogEntry(source="actions", many=True, read_only=True)

    class Meta(ReviewSummary.Meta):
        fields = (
            *ReviewSummary.Meta.fields,
            "payload",
            "text",
            "output",
            "sources",
            "citations",
            "edited_text",
            "edited_output",
            "note",
            "decided_by",
            "decided_at",
            "effective_at",
            "closed",
            "attempts",
            "cost_usd",
            "log",
        )

    def get_text(self, item: AIReviewQueue) -> str:
        """What is only looked at stands with its request."""
        return (item.request.result or "") if item.kind == ReviewKind.AUDIT else item.text

    def to_representation(self, item: AIReviewQueue) -> dict[str, Any]:
        grounds = grounds_under_review(item.request, self.get_text(item))  # one look for both
        cited = {"sources": sources_of(grounds), "citations": citations_of(grounds)}
        return {**super().to_representation(item), **cited}

    @extend_schema_field(SOURCES)
    def get_sources(self, item: AIReviewQueue) -> list[dict[str, Any]]:
        return []  # ``to_representation`` knows

    @extend_schema_field(CITATIONS)
    def get_citations(self, item: AIReviewQueue) -> list[dict[str, Any]]:
        return []

    @extend_schema_field({})
    def get_output(self, item: AIReviewQueue) -> Any:
        return item.request.output if item.kind == ReviewKind.AUDIT else item.output


class Remark(KnownFields):
    what = "a verdict"

    note = StrictText(max_length=LONGEST_NOTE, required=False, allow_blank=True)


class Reason(KnownFields):
    what = "this step"

    note = StrictText(max_length=LONGEST_NOTE, help_text="Why.")


class Edit(Remark):
    text = StrictText(trim_whitespace=False, help_text="The answer as it should be.")
