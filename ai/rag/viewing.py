"""In whose name this transaction reads passages: what row-level security on their table asks for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import connection, transaction

SET = "SELECT set_config('lintel.subject', %s, true), set_config('lintel.scopes', %s, true)"
NOW = "SELECT current_setting('lintel.subject', true), current_setting('lintel.scopes', true)"


@contextmanager
def viewing(*, subject: UUID, scopes: Iterable[UUID]) -> Iterator[None]:
    """A transaction that sees what this user sees as a member of these teams; outside of it nobody sees anything.

    Within another transaction the view of before comes back at its end. An error undoes it with the savepoint.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(NOW)
        before = [value or "" for value in cursor.fetchone()]
        cursor.execute(SET, [str(subject), ",".join(map(str, scopes))])
        yield
        cursor.execute(SET, before)
