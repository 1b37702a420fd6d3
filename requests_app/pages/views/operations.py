"""Operations: a checklist on which each row tests itself. Staff only; to others it is not there."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from redis.exceptions import RedisError

from requests_app import samples
from requests_app.condition.breakers import reset
from requests_app.pages.asking import PageRequest, for_page_parts, there_for
from requests_app.pages.operations import CHECKS, Row, look_at_all, summary_of
from requests_app.pages.phrases import operations_phrases

for_staff = there_for(lambda user: user.is_staff)


@never_cache
@login_required
@for_staff
@require_safe
def operations(http: PageRequest) -> HttpResponse:
    """At once, with rows that look by themselves; ``?whole`` looks first, for browsers without scripts."""
    whole = "whole" in http.GET
    rows = look_at_all() if whole else [Row(check=check) for check in CHECKS.values()]
    context = {"rows": rows, "whole": whole, "summary": summary_of(rows), "phrases": operations_phrases()}
    if whole:
        context["samples"] = samples.counted()
    return render(http, "requests_app/operations.html", context)


@never_cache
@for_page_parts
@for_staff
@require_safe
def operations_row(http: PageRequest, key: str) -> HttpResponse:
    if key not in CHECKS:
        raise Http404
    return render(http, "requests_app/operations_row.html", {"row": CHECKS[key].look()})


@never_cache
@for_page_parts
@for_staff
@require_safe
def sample_data(http: PageRequest) -> HttpResponse:
    """How much of it there is, with the button that removes it; nothing where there is none."""
    return render(http, "requests_app/operations_samples.html", {"samples": samples.counted()})


@login_required
@for_staff
@require_POST
def remove_samples(http: PageRequest) -> HttpResponse:
    try:
        gone = samples.remove()
    except samples.SamplesInUse as problem:
        messages.error(http, str(problem))
    else:
        said = _("Sample data removed: %(what)s.") % {"what": gone.words} if gone else _("There was no sample data.")
        messages.success(http, said)
    # Where no scripts run, the other address would lead on at once, and nobody would read what is said.
    return redirect(f"{reverse('operations')}?whole" if "whole" in http.POST else "operations")


@login_required
@for_staff
@require_POST
def reset_breaker(http: PageRequest) -> HttpResponse:
    name = http.POST.get("model", "")
    try:
        known = reset(name)
    except RedisError:
        messages.error(http, _("Redis did not answer: nothing was reset."))
    else:
        if not known:
            raise Http404
        messages.success(http, _("%(model)s may be called at once.") % {"model": name})
    return redirect("operations")
