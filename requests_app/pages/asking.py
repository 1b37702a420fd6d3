"""What the views of all pages share: who asks, for which row, under which name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from http import HTTPStatus
from typing import Any, ParamSpec, cast
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.page_request import PageRequest as PageRequest
from requests_app.errors import NoModelConfigured, TooMany
from requests_app.intake import Idempotency, body_hash
from requests_app.models import AIRequest

P = ParamSpec("P")


def for_page_parts(view: Callable[P, HttpResponse]) -> Callable[P, HttpResponse]:
    """The log-in of views whose answer is put into a page: it must never be the log-in page.

    Who is logged out meanwhile has the whole page loaded anew, which leads to the log-in.
    """

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        http = cast("HttpRequest", args[0])
        if http.user.is_authenticated:
            return view(*args, **kwargs)
        refused = HttpResponse(status=HTTPStatus.UNAUTHORIZED)
        refused["HX-Refresh"] = "true"
        return refused

    return guarded


def for_whole_or_part(view: Callable[P, HttpResponse]) -> Callable[P, HttpResponse]:
    """The log-in of a page of which htmx may fetch itself a part."""
    whole, part = login_required(view), for_page_parts(view)

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        fetched = "HX-Request" in cast("HttpRequest", args[0]).headers
        return part(*args, **kwargs) if fetched else whole(*args, **kwargs)

    return guarded


def there_for(allowed: Callable[[User], bool]) -> Callable[[Callable[P, HttpResponse]], Callable[P, HttpResponse]]:
    """To all others the page is not there."""

    def guard(view: Callable[P, HttpResponse]) -> Callable[P, HttpResponse]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            user = cast("HttpRequest", args[0]).user
            if not (user.is_authenticated and allowed(user)):
                raise Http404
            return view(*args, **kwargs)

        return guarded

    return guard


def own_request(http: PageRequest, pk: UUID) -> AIRequest:
    """Looked up by owner, so that strangers get a 404."""
    return get_object_or_404(AIRequest.objects.owned_by(http.user).select_related("template", "user", "team"), pk=pk)


def named(http: PageRequest, body: dict[str, Any]) -> Idempotency | None:
    """The form's token with its content: the same sent twice is one request, changed and sent again is another."""
    token = uuid_or_none(http.POST.get("token", ""))
    if token is None:
        return None
    digest = body_hash(body)
    return Idempotency(key=f"{token}.{digest}", method="POST", path=http.path, body_hash=digest)


def uuid_or_none(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def uuids(texts: Iterable[str]) -> list[UUID]:
    """Those that are some."""
    return [found for text in texts if (found := uuid_or_none(text)) is not None]


def sentence(problem: Exception) -> str:
    """Why something was not accepted, for a person."""
    if isinstance(problem, NoModelConfigured):
        return _("No model is set up that could answer.")
    if isinstance(problem, TooMany):
        return _("%(reason)s Try again in %(seconds)d s.") % {"reason": problem, "seconds": problem.wait_s}
    return str(problem)
