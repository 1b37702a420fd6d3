"""Why a request brought no answer: the closed list of codes that the core gives, each with its sentence."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

FAILURES: dict[str, str | Promise] = {
    "provider_unavailable": _("No model could be reached, or none had room for this request."),
    "provider_rejected": _("The model's provider rejected the request."),
    "context_exceeded": _("The input does not fit into the model's window."),
    "refused": _("The model refused to answer."),
    "incomplete": _("The answer broke off before its end."),
    "empty": _("The model's answer was empty."),
    "output_invalid": _("The answer did not have the form that the prompt asks for."),
    "deadline_exceeded": _("The time for this request ran out."),
    "internal_error": _("Something failed on our side."),
}
