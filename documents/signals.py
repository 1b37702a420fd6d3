"""What others may listen to. Both are sent inside the saving transaction, for whoever stages work of their own in it.

A document that is saved has its versions and their bytes in the database already. Changes by a queryset's ``update``
are nobody's news: ``documents.library`` makes none.
"""

from __future__ import annotations

from typing import Any

from django.db.models.signals import post_delete, post_save
from django.dispatch import Signal, receiver

from documents.models import Document

document_changed = Signal()
"""``document``: made, or its title, visibility, team or text has changed. A listener that fails undoes the change."""

document_removed = Signal()
"""``document_id``: it is gone with all its versions."""


@receiver(post_save, sender=Document, dispatch_uid="documents.changed")
def tell_changed(instance: Document, *, raw: bool = False, **_: Any) -> None:
    if not raw:
        document_changed.send(Document, document=instance)


@receiver(post_delete, sender=Document, dispatch_uid="documents.removed")
def tell_removed(instance: Document, **_: Any) -> None:
    document_removed.send(Document, document_id=instance.pk)
