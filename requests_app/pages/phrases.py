"""What the scripts say to people: translated here, handed over as JSON."""

from __future__ import annotations

from django.utils.translation import gettext as _

from requests_app.pages.answers import BLANK


def phrases() -> dict[str, str]:
    return {
        **{f"blank_{status}": str(words) for status, words in BLANK.items()},
        "pending": _("Queued."),
        "processing": _("The model has begun."),
        "reset": _("The answer starts anew."),
        "done": _("The answer is complete."),
        "failed": _("The request failed."),
        "cancelled": _("Stopped. The part that was written is kept."),
        "expired": _("The time for this request ran out."),
        "lost": _("The connection is lost."),
        "back": _("The connection is back."),
        "copied": _("Copied"),
        "gone": _("You are logged out, or this request is not yours. Reload the page to log in again."),
    }
