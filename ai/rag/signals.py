"""What the index announces.

``document_staged`` comes after the commit, by id (see ai.signals). ``passages_superseded`` is sent inside the
transaction that changes the index, for whoever keeps book of passages in it: a listener that fails undoes the change.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.dispatch import Signal

document_staged = Signal()
passages_superseded = Signal()


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentStaged:
    """There is work on it, in so many seconds. Whoever hears it tells a worker; a sweep announces what was left."""

    id: UUID
    after_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PassagesSuperseded:
    """Its text is another one, that of ``version``; None: it is removed. Row-level security shows its passages now."""

    document: UUID
    version: int | None
