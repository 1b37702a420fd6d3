"""The database's clock: it alone decides leases, deadlines and waiting times."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import DateTimeField, Func
from django.db.models.expressions import Combinable, CombinedExpression, Value


class DatabaseClock(Func):
    """``clock_timestamp()``: the moment of execution, not of the transaction's start."""

    function = "clock_timestamp"
    template = "%(function)s()"
    output_field = DateTimeField()


class ClockedField(DateTimeField):  # type: ignore[type-arg]  # generic for the checker alone
    """Inserted as the database's clock has it, and read back by the same statement: an INSERT ... RETURNING."""

    db_returning = True  # Django does this only for columns with a default, from 6.0 on for all that is computed

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        """To the database it is any other time."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.DateTimeField", args, kwargs


def seconds_from_now(seconds: float) -> CombinedExpression:
    return CombinedExpression(
        DatabaseClock(), Combinable.ADD, Value(timedelta(seconds=seconds)), output_field=DateTimeField()
    )
