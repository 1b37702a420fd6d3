"""Columns that hold the database's clock."""

from __future__ import annotations

from typing import Any

from django.db.models import DateTimeField

from ai.clock import DatabaseClock as DatabaseClock
from ai.clock import seconds_from_now as seconds_from_now


class ClockedField(DateTimeField):  # type: ignore[type-arg]  # generic for the checker alone
    """Inserted as the database's clock has it, and read back by the same statement: an INSERT ... RETURNING."""

    db_returning = True  # Django does this only for columns with a default, from 6.0 on for all that is computed

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        """To the database it is any other time."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.DateTimeField", args, kwargs
