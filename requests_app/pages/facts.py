"""What a request used, cost and took, in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from ai.errors import ConfigurationError
from ai.routing import catalogue_at, model
from requests_app.instead import instead_of, passed_words
from requests_app.models import AIRequest, AttemptReason, Status
from requests_app.pages.wording import dollars, seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    label: str
    text: str
    note: str = ""
    code: bool = False


def facts_of(request: AIRequest) -> list[Fact]:
    """Only what is known; what is still to be counted is left out."""
    return [
        _model(request),
        Fact(label=_("Prompt"), text=f"{request.prompt_key}@{request.prompt_version}", code=True),
        *_tokens(request),
        *_cost(request),
        *_times(request),
        *_repaired(request),
        Fact(label=_("Id"), text=str(request.pk), code=True),
    ]


def demonstration(request: AIRequest) -> bool:
    """Whether the small model for demonstrations answers. A model that has left the catalogue is not."""
    try:
        asked = model(request.model or request.model_asked, catalogue_at(request.catalogue))
        return asked.provider.demonstration
    except ConfigurationError:
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """The price with a remark, and both as a sentence."""

    text: str
    note: str
    sentence: str


def cost_of(request: AIRequest) -> Cost:
    """What was never called cost nothing; unknown is not zero."""
    if request.output_tokens is None or not request.model:
        return Cost(text=_("nothing"), note=_("no model was called"), sentence=_("It cost nothing."))
    if request.answered_by_id is not None:
        return _saved(request)
    if request.cost_usd is None:
        note = _("no price is known for this model")
        return Cost(
            text=_("unknown"), note=note, sentence=_("What it cost is unknown: no price is known for this model.")
        )
    if request.cost_usd == 0 and demonstration(request):
        note = _("runs on this machine")
        return Cost(text=_("free"), note=note, sentence=_("It cost nothing: the model runs on this machine."))
    amount = dollars(request.cost_usd)
    if request.usage_estimated:
        about = _("It cost about %(amount)s, estimated because it ended early.") % {"amount": amount}
        return Cost(text=amount, note=_("estimated, as it ended early"), sentence=about)
    return Cost(text=amount, note="", sentence=_("It cost %(amount)s.") % {"amount": amount})


def _saved(request: AIRequest) -> Cost:
    note = _("an earlier answer served again")
    if request.saved_usd:
        note = _("an earlier answer served again; it had cost %(amount)s") % {"amount": dollars(request.saved_usd)}
    return Cost(text=_("nothing"), note=note, sentence=_("It cost nothing: an earlier answer served again."))


def _model(request: AIRequest) -> Fact:
    used = request.model or request.model_asked
    if used == request.model_asked:
        uncalled = _("was not called") if request.final else _("will be asked")
        return Fact(label=_("Model"), text=used, note=_("as asked") if request.model else uncalled, code=True)
    told = instead_of(request)
    if told is not None and told.passed is not None and request.attempt_reason == AttemptReason.FALLBACK:
        return Fact(label=_("Model"), text=used, note=passed_words(told.passed), code=True)
    reasons = {
        AttemptReason.FALLBACK: _("instead of %(asked)s, which failed"),
        AttemptReason.TAKEOVER: _("instead of %(asked)s, after another worker took over"),
    }
    reason = reasons.get(AttemptReason(request.attempt_reason), _("asked for: %(asked)s"))
    return Fact(label=_("Model"), text=used, note=reason % {"asked": request.model_asked}, code=True)


def _tokens(request: AIRequest) -> Iterator[Fact]:
    if request.output_tokens is None or not request.model:
        return
    cached = request.cache_read_tokens or 0
    sent = (request.input_tokens or 0) + cached + (request.cache_write_tokens or 0)
    note = _("%(count)s of them from the cache") % {"count": f"{cached:,}"} if cached else ""
    estimated = _("estimated") if request.usage_estimated else ""
    yield Fact(label=_("Tokens in"), text=f"{sent:,}", note=note)
    yield Fact(label=_("Tokens out"), text=f"{request.output_tokens:,}", note=estimated)


def _cost(request: AIRequest) -> Iterator[Fact]:
    if request.final or request.status == Status.REVIEW:
        cost = cost_of(request)
        yield Fact(label=_("Cost"), text=cost.text, note=cost.note)


def _repaired(request: AIRequest) -> Iterator[Fact]:
    if request.repaired:
        yield Fact(label=_("Repaired"), text=_("the model's JSON had to be mended"))


def _times(request: AIRequest) -> Iterator[Fact]:
    if request.first_token:
        label = _("Began to write") if request.gated else _("First words")
        yield Fact(label=label, text=seconds(request.first_token - request.created))
    if request.completed:
        yield Fact(label=_("To the end"), text=seconds(request.completed - request.created))
    if request.takeovers:
        yield Fact(label=_("Take-overs"), text=str(request.takeovers))
