"""The index of documents: how far behind it is, and what could not be read into it."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from ai.embedding_models import embedding_model
from ai.errors import ConfigurationError
from ai.rag.health import backlog
from requests_app.condition import commands
from requests_app.condition.reading import Fact, Reading

LONG_WAIT = timedelta(minutes=5)


def index() -> Reading:
    try:
        model = embedding_model()
    except ConfigurationError as wrong:
        return Reading(state="bad", says=str(wrong), remedy=(commands.CHECK,))
    behind = backlog()
    facts = (
        Fact(label=_("Embedding model"), value=model.name if model else _("none")),
        Fact(label=_("Waiting"), value=str(behind.waiting)),
        Fact(label=_("Failed"), value=str(behind.failed)),
        *([Fact(label=_("Oldest that waits"), value=behind.oldest)] if behind.oldest else []),
    )
    if model is None:
        says = _("No embedding model is configured: documents are kept and not indexed.")
        return Reading(state="warn" if behind.waiting else "idle", says=says, facts=facts)
    if behind.oldest is not None and timezone.now() - behind.oldest > LONG_WAIT:
        says = _("A document has waited for more than five minutes: its row in admin says why.")
        return Reading(state="warn", says=says, facts=facts, remedy=(commands.START_JOBS,))
    if behind.failed:
        return Reading(state="warn", says=_("Some documents could not be indexed."), facts=facts)
    says = _("Documents are being indexed.") if behind.waiting else _("Every document is indexed.")
    return Reading(state="ok", says=says, facts=facts)
