"""In whose name this transaction reads passages: what row-level security on their table asks for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from uuid import UUID

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

SET = "SELECT set_config('lintel.subject', %s, true), set_config('lintel.scopes', %s, true)"
MOMENT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY; "
NOW = "SELECT current_setting('lintel.subject', true), current_setting('lintel.scopes', true)"


@contextmanager
def viewing(*, subject: UUID, scopes: Iterable[UUID], first: str = "") -> Iterator[None]:
    """A transaction that sees what this user sees as a member of these teams; outside of it nobody sees anything.

    Within another transaction the view of before comes back at its end. An error undoes it with the savepoint. A
    transaction of its own begins with the statement ``first``.
    """
    told = [str(subject), ",".join(map(str, scopes))]
    alone = not connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        before = None if alone else _told(cursor)
        cursor.execute(first + SET if alone else SET, told)
        yield
        if before is not None:  # what ends with the transaction need not be taken back
            cursor.execute(SET, before)


def viewing_one_moment(*, subject: UUID, scopes: Iterable[UUID]) -> AbstractContextManager[None]:
    """A transaction of its own reads everything as of one moment, and writes nothing."""
    return viewing(subject=subject, scopes=scopes, first=MOMENT)


def _told(cursor: CursorWrapper) -> list[str]:
    cursor.execute(NOW)
    return [value or "" for value in cursor.fetchone()]
