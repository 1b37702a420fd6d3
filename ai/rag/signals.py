"""What the index announces: after the commit, by id (see ai.signals)."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.dispatch import Signal

document_staged = Signal()


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentStaged:
    """There is work on it, in so many seconds. Whoever hears it tells a worker; a sweep announces what was left."""

    id: UUID
    after_s: float = 0.0
