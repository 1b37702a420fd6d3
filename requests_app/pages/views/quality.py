"""Quality: the figures of days, a day's report, the requests behind a figure. To those without the right: nothing."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from requests_app.days import day_of
from requests_app.models import QualityReport
from requests_app.pages.asking import PageRequest, there_for
from requests_app.pages.behind import Behind
from requests_app.pages.quality import Quality, may_see, report_in
from requests_app.reports import reviewing
from requests_app.reports.wording import subject_line, tables_of

for_readers = there_for(may_see)
for_closers = there_for(lambda user: may_see(user) and user.has_perm(reviewing.MAY_CLOSE))


@never_cache
@login_required
@for_readers
@require_safe
def quality(http: PageRequest) -> HttpResponse:
    page = Quality(http.user, http.GET, today=day_of(timezone.now()))
    return render(http, "requests_app/quality.html", {"quality": page})


@never_cache
@login_required
@for_readers
@require_safe
def quality_report(http: PageRequest, day: date) -> HttpResponse:
    """As it is known now; ``?sent`` shows it as it was made and mailed."""
    row = get_object_or_404(QualityReport, day=day)
    report = report_in(row, as_sent="sent" in http.GET)
    context = {"row": row, "report": report, "title": subject_line(report), "tables": tables_of(report)}
    return render(http, "requests_app/quality_report.html", {**context, "as_sent": "sent" in http.GET})


@never_cache
@login_required
@for_readers
@require_safe
def quality_requests(http: PageRequest) -> HttpResponse:
    try:
        behind = Behind(http.user, http.GET, today=day_of(timezone.now()))
    except (ValueError, OverflowError):
        raise Http404 from None
    return render(http, "requests_app/quality_requests.html", {"behind": behind})


@login_required
@for_closers
@require_POST
def quality_close(http: PageRequest, pk: UUID) -> HttpResponse:
    note = http.POST.get("note", "").replace("\0", "").strip()
    if not note:
        messages.error(http, _("Say what came of the review: whoever asks next reads it."))
    elif reviewing.close(pk, by=http.user, note=note):
        messages.success(http, _("The review is closed."))
    else:
        messages.error(http, _("Somebody else has closed it."))
    return redirect("quality")
