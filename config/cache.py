"""What the cache keeps is JSON: whoever can write to Redis must not be able to have code run."""

from __future__ import annotations

import json
from typing import Any


class JsonSerializer:
    """What JSON cannot say is not kept: the admin theme caches objects of its own, and finds none the next time."""

    def dumps(self, value: Any) -> bytes:
        try:
            return json.dumps(value).encode()
        except TypeError:
            return b"null"

    def loads(self, stored: bytes) -> Any:
        return json.loads(stored)
