"""Feedback as programs give and read it."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.strict import StrictText
from requests_app.api.serializers import KnownFields
from requests_app.models import AIOutputFeedback, Rating
from requests_app.models.feedback import LONGEST_COMMENT, LONGEST_TAG, MOST_TAGS


class StrictRating(serializers.ChoiceField):
    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, int) or isinstance(data, bool):
            self.fail("invalid_choice", input=data)
        return super().to_internal_value(data)


class FeedbackSubmission(KnownFields):
    what = "feedback"

    rating = StrictRating(choices=Rating.values, help_text="1 is a thumb up, -1 a thumb down.")
    comment = StrictText(max_length=LONGEST_COMMENT, required=False, allow_blank=True)
    tags = serializers.ListField(child=StrictText(max_length=LONGEST_TAG), max_length=MOST_TAGS, required=False)


class Feedback(serializers.ModelSerializer[AIOutputFeedback]):
    """What you think of one answer."""

    class Meta:
        model = AIOutputFeedback
        fields = ("request", "rating", "comment", "tags", "created", "changed")
        read_only_fields = fields
