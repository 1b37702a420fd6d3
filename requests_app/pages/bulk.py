"""What people do with several of their requests at once, and the sentences that say what came of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from requests_app import deletion, intake
from requests_app.models import AIRequest, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelled:
    """What became of the wish to cancel several requests."""

    ended: int
    stopping: int
    too_late: int

    @property
    def said(self) -> str:
        """A sentence for each thing that happened."""
        ended = ngettext("Cancelled one request.", "Cancelled %(count)s requests.", self.ended)
        stopping = ngettext("One that is running stops now.", "%(count)s that are running stop now.", self.stopping)
        too_late = ngettext("One had ended already.", "%(count)s had ended already.", self.too_late)
        said = _sentences([(self.ended, ended), (self.stopping, stopping), (self.too_late, too_late)])
        return said or _("None of these requests is yours, so none was cancelled.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleted:
    """What was deleted, and how many of it had not ended."""

    ids: tuple[UUID, ...]
    cancelled: int

    @property
    def said(self) -> str:
        deleted = ngettext("Deleted one request.", "Deleted %(count)s requests.", len(self.ids))
        cancelled = ngettext(
            "One had not ended and was cancelled.", "%(count)s had not ended and were cancelled.", self.cancelled
        )
        said = _sentences([(len(self.ids), deleted), (self.cancelled, cancelled)])
        return said or _("None of these requests is yours, so none was deleted.")


def cancel(user: User, ids: list[UUID]) -> Cancelled:
    """Cancel what is the user's own and has not ended."""
    ended = stopping = too_late = 0
    for request in AIRequest.objects.owned_by(user).filter(pk__in=ids):
        if request.final:
            too_late += 1
            continue
        now = intake.cancel(request)
        ended += now.status == Status.CANCELLED
        stopping += not now.final
        too_late += now.final and now.status != Status.CANCELLED
    return Cancelled(ended=ended, stopping=stopping, too_late=too_late)


def delete(user: User, ids: list[UUID]) -> Deleted:
    """Delete what is the user's own, and cancel what of it has not ended."""
    deleted: list[UUID] = []
    cancelled = 0
    for request in AIRequest.objects.owned_by(user).without_texts().filter(pk__in=ids):
        was_open = not request.final
        deletion.delete(request)
        deleted.append(request.pk)
        cancelled += was_open and (not request.final or request.status == Status.CANCELLED)
    return Deleted(ids=tuple(deleted), cancelled=cancelled)


def restore(user: User, ids: list[UUID]) -> str:
    """Bring back what is the user's own and not erased yet; says how many that were."""
    restored = sum(deletion.restore(user, each) is not None for each in ids)
    said = _sentences([(restored, ngettext("Restored one request.", "Restored %(count)s requests.", restored))])
    return said or _("Nothing was restored: these requests are there already, or their seven days are over.")


def _sentences(counted: Iterable[tuple[int, str]]) -> str:
    return " ".join(words % {"count": count} for count, words in counted if count)
