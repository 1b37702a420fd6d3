"""Times as ids: what was made since a moment is found by the primary key, without another index."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID


def first_id_since(moment: datetime) -> UUID:
    """Ids are UUIDv7, whose first 48 bits are milliseconds."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)
