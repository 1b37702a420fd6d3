"""The database's clock: it alone decides leases, deadlines and waiting times."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import DateTimeField, Func
from django.db.models.expressions import Combinable, CombinedExpression, Value


class DatabaseClock(Func):
    """``clock_timestamp()``: the moment of execution, not of the transaction's start."""

    function = "clock_timestamp"
    template = "%(function)s()"
    output_field = DateTimeField()


def seconds_from_now(seconds: float) -> CombinedExpression:
    return CombinedExpression(
        DatabaseClock(), Combinable.ADD, Value(timedelta(seconds=seconds)), output_field=DateTimeField()
    )
