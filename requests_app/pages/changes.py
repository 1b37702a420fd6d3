"""What became of the documents of an answer, in words. One that the reader may no longer see has no name here."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from requests_app.freshness import Change
from requests_app.models import StaleReason
from requests_app.pages.wording import ago


def headline(changes: Sequence[Change]) -> str:
    if len(changes) > 1:
        return _("%(number)d documents changed since this answer") % {"number": len(changes)}
    [change] = changes
    if not change.title:
        return _("A document changed since this answer")
    if change.reason == StaleReason.REMOVED:
        return _("The document “%(title)s” was deleted since this answer") % {"title": change.title}
    return _("The document “%(title)s” changed since this answer") % {"title": change.title}


def sentences(changes: Sequence[Change]) -> str:
    if len(changes) > 1:
        said = [_sentence(change) for change in changes]
    else:
        said = [_("%(when)s.") % {"when": capfirst(ago(changes[0].since))}]
    return " ".join([*said, _("Run it again for an answer from what is there now.")])


def _sentence(change: Change) -> str:
    told = {"title": change.title, "age": ago(change.since)}
    if not change.title:
        return _("One that you may no longer see changed %(age)s.") % told
    if change.reason == StaleReason.REMOVED:
        return _("“%(title)s” was deleted.") % told
    return _("“%(title)s” changed %(age)s.") % told
