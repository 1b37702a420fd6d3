"""From which cosine on a passage answers a question: every embedding model has a scale of its own.

Measured with `manage.py rag_eval` on the labelled set; docs/knowledge.md says how to do it for another model.
"""

from __future__ import annotations

from django.conf import settings

MINIMUM = {"all-MiniLM-L6-v2-onnx-int8": 0.24}
EVERYTHING = -1.0  # no cosine is lower


def minimum_of(model: str) -> float:
    """LINTEL_MIN_SCORE goes before what was measured; of a model that was not, nothing is turned down."""
    if settings.LINTEL_MIN_SCORE is not None:
        return float(settings.LINTEL_MIN_SCORE)
    return MINIMUM.get(model, EVERYTHING)
