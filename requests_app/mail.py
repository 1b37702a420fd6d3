"""What all mail has in common. Each kind marks its row before it sends, so that one sends; without a server none."""

from __future__ import annotations

import logging

from django.conf import settings
from django.core.mail import EmailMessage

NOWHERE = "django.core.mail.backends.dummy.EmailBackend"

logger = logging.getLogger(__name__)


def turned_on() -> bool:
    return bool(settings.EMAIL_BACKEND != NOWHERE)


def sent(message: EmailMessage, *, about: str) -> bool:
    """False where the server did not take it: whoever marked the row takes the mark back, and it is tried again."""
    try:
        message.send()
    except OSError as problem:  # what a mail server says may quote addresses
        logger.warning("mail about %s was not sent (%s) and will be tried again", about, type(problem).__name__)
        return False
    return True


def one_line(sentence: str) -> str:
    """A name may hold a line break, a header may not."""
    return " ".join(sentence.split())
