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
    vector = known(set_id, query)
    return keep(set_id, query, make()) if vector is None else vector


def known(set_id: int, query: str) -> Vector | None:
    try:
        found = cache.get(_key(set_id, query))
    except RedisError as error:
        log.warning("A question's vector could not be looked up: %s", type(error).__name__)
        return None
    return array("f", base64.b64decode(found)) if found else None


def keep(set_id: int, query: str, made: Vector) -> Vector:
    vector = array("f", made)
    try:
        cache.set(_key(set_id, query), base64.b64encode(vector.tobytes()).decode(), SECONDS)
    except RedisError as error:
        log.warning("A question's vector could not be kept: %s", type(error).__name__)
    return vector


def _key(set_id: int, query: str) -> str:
    return f"query:{set_id}:{sha256(query.encode()).hexdigest()}"
