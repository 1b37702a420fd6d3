"""How long a passage is."""

from __future__ import annotations

from django.conf import settings

WORDS_500 = 650  # tokens of about so many words
SPECIAL_TOKENS = 2  # with which models begin and end a text
LEAST_TOKENS = 40


def chunk_tokens(window: int) -> int:
    """Of a whole passage: what is set, else about 500 words, and never more than the model reads."""
    return min(settings.LINTEL_CHUNK_TOKENS or WORDS_500, window - SPECIAL_TOKENS)
