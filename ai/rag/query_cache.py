"""The vectors of questions that were asked lately, for all workers, in Redis: losing it loses time and nothing else.

A question is known by its hash alone, and is kept for an hour; pages of one search and several prompts about one thing
ask for it again within minutes.
"""

from __future__ import annotations

import base64
import logging
from array import array
from collections.abc import Callable
from hashlib import sha256

from django.core.cache import cache
from redis.exceptions import RedisError

from ai.rag.store import Vector

SECONDS = 3600

log = logging.getLogger(__name__)


def kept(set_id: int, query: str, make: Callable[[], Vector]) -> Vector:
    """With the precision that Postgres keeps."""
    key = f"query:{set_id}:{sha256(query.encode()).hexdigest()}"
    vector = _get(key)
    if vector is None:
        vector = array("f", make())
        _put(key, vector)
    return vector


def _get(key: str) -> array[float] | None:
    try:
        found = cache.get(key)
    except RedisError as error:
        log.warning("A question's vector could not be looked up: %s", type(error).__name__)
        return None
    return array("f", base64.b64decode(found)) if found else None


def _put(key: str, vector: array[float]) -> None:
    try:
        cache.set(key, base64.b64encode(vector.tobytes()).decode(), SECONDS)
    except RedisError as error:
        log.warning("A question's vector could not be kept: %s", type(error).__name__)
