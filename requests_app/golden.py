"""Reviewed answers as golden cases (ai.prompts.golden): those that a person let pass, as they were delivered."""

from __future__ import annotations

from ai.prompts.golden import GoldenCase, Source
from requests_app.models import AIReviewQueue, ReviewKind, ReviewVerdict

SOURCES: dict[str, Source] = {ReviewVerdict.APPROVED: "approved", ReviewVerdict.EDITED: "edited"}


def golden_case(item: AIReviewQueue) -> GoldenCase | None:
    """None where nobody has approved the answer, or nothing of it is kept any more."""
    source, text = SOURCES.get(item.verdict), _text(item)
    if source is None or not text or item.request.erased_at is not None:
        return None
    return GoldenCase(
        key=item.request.prompt_key,
        version=item.request.prompt_version,
        payload=item.request.payload,
        expected=text,
        output=_output(item),
        source=source,
    )


def _text(item: AIReviewQueue) -> str:
    """What is only looked at stands with its request."""
    return (item.request.result or "") if item.kind == ReviewKind.AUDIT else item.final_text


def _output(item: AIReviewQueue) -> object:
    if item.kind == ReviewKind.AUDIT:
        return item.request.output
    return item.edited_output if item.verdict == ReviewVerdict.EDITED else item.output
