"""What the scripts say to people: translated here, handed over as JSON."""

from __future__ import annotations

from django.utils.translation import gettext as _

from requests_app.pages.answers import BLANK
from requests_app.pages.operations import SUMMARIES, WORDS


def phrases() -> dict[str, str]:
    return {
        **{f"blank_{status}": str(words) for status, words in BLANK.items()},
        "pending": _("Queued."),
        "processing": _("The model has begun."),
        "reset": _("The answer starts anew."),
        "reset_reask": _("The answer had another form than required. The model is asked again."),
        "review": _("A person looks at the answer before you see it."),
        "done": _("The answer is complete."),
        "rejected": _("A reviewer rejected the answer."),
        "failed": _("The request failed."),
        "cancelled": _("Stopped. The part that was written is kept."),
        "expired": _("The time for this request ran out."),
        "lost": _("The connection is lost."),
        "back": _("The connection is back."),
        "copied": _("Copied"),
        "deleted": _("This request was deleted."),
        "gone": _("You are logged out, or this request is not yours. Reload the page to log in again."),
    }


def file_phrases() -> dict[str, str]:
    return {
        "loaded": _("%(name)s: %(length)s characters."),
        "undo": _("Bring back what stood here"),
        "long": _("%(name)s has %(length)s characters; this field takes %(most)s. Nothing was changed."),
        "large": _("%(name)s is larger than the %(most)s characters that this field takes. Nothing was changed."),
        "binary": _("%(name)s is not a text file in UTF-8 or UTF-16. Nothing was changed."),
        "unreadable": _("%(name)s could not be read. Nothing was changed."),
        "one": _("One file at a time, please."),
    }


def operations_phrases() -> dict[str, str]:
    return {
        **{f"summary_{state}": str(words) for state, words in SUMMARIES.items()},
        "bad": str(WORDS["bad"]),
        "timeout": _("No answer within 6 seconds."),
        "database": _("The database does not answer. Nothing that was accepted is lost."),
        "failed": _("This could not be looked at; the log says why."),
        "looked": _("Last looked at"),
        "copied": _("Copied"),
    }
