"""Idempotency-Keys: a client may repeat a submission safely for 24 hours."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import OperationalError, connection
from django.utils import timezone
from psycopg.errors import LockNotAvailable
from uuid_utils.compat import uuid7

from accounts.models import User
from documents.errors import KeyBusy, KeyInvalid, KeyReused
from documents.models import Document, DocumentKey

KEPT = timedelta(hours=24)
TWIN_WAIT = "2s"
USABLE = re.compile(r"[\x21-\x7e]{1,255}")
BUSY = "The same submission is being stored right now."
TAKE = """
INSERT INTO documents_documentkey (id, user_id, method, path, key, body_hash, document_id)
VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A client's name for its submission, within (user, method, path)."""

    key: str
    method: str
    path: str
    body_hash: str


def key_of(text: str | None, *, method: str, path: str, body: object) -> Key | None:
    """``body`` is what was sent, as JSON; of files their names and digests."""
    if text is None:
        return None
    if not USABLE.fullmatch(text):
        raise KeyInvalid("An Idempotency-Key is 1 to 255 visible ASCII characters.")
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return Key(key=text, method=method, path=path, body_hash=hashlib.sha256(canonical.encode()).hexdigest())


def take(user: User, key: Key, document_id: UUID) -> Document | None:
    """Take the key ahead of its document, in the same transaction; or what it has made already.

    A twin in flight is waited for. Raises KeyReused, KeyBusy.
    """
    DocumentKey.objects.filter(user=user, created__lt=timezone.now() - KEPT).delete()
    if _inserted(user, key, document_id):
        return None
    name = {"user": user, "method": key.method, "path": key.path, "key": key.key}
    row = DocumentKey.objects.filter(**name).select_related("document__owner", "document__team").first()
    if row is None:  # its document was deleted in between
        raise KeyBusy(BUSY)
    if row.body_hash != key.body_hash:
        raise KeyReused("This Idempotency-Key was used with another body.")
    return row.document


def _inserted(user: User, key: Key, document_id: UUID) -> bool:
    row: list[Any] = [uuid7(), user.pk, key.method, key.path, key.key, key.body_hash, document_id]
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{TWIN_WAIT}'")
        try:
            cursor.execute(TAKE, row)
        except OperationalError as problem:
            if isinstance(problem.__cause__, LockNotAvailable):
                raise KeyBusy(BUSY) from None
            raise
        return int(cursor.rowcount) == 1
