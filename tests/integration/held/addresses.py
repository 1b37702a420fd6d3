"""Every address of the product, from the URL conf, the probes and the admin registry: a new one cannot be forgotten."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.models import ApiToken
from config.probes import PROBES
from documents.models import Document
from requests_app.finding import PROMPT
from requests_app.models import AIRequest, AIReviewQueue, PromptReview, QualityReport
from requests_app.pages.operations import CHECKS
from tests.integration.held.answers import Held

PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")
ROWS = 4  # of a table that has texts
HERE = "tests/integration/held/addresses.py"


def requests(held: Held) -> list[object]:
    return [request.pk for request in held.requests]


def items(held: Held) -> list[object]:
    return [item.pk for item in held.items]


def asker(held: Held) -> list[object]:
    return [held.requests[0].user_id]


def teams(held: Held) -> list[object]:
    return list(held.requests[0].user.memberships.values_list("team_id", flat=True))


def tokens(held: Held) -> list[object]:
    return list(ApiToken.objects.filter(user=asker(held)[0]).values_list("public_id", flat=True))


def documents(held: Held) -> list[object]:
    return list(Document.objects.filter(owner=held.requests[0].user).values_list("pk", flat=True))


def searches(held: Held) -> list[object]:
    return list(AIRequest.objects.filter(user=held.requests[0].user, prompt_key=PROMPT).values_list("pk", flat=True))


# What stands in an address, by the route up to and with the parameter.
IDS: dict[str, Callable[[Held], list[object]]] = {
    "requests/<uuid:pk>": requests,
    "api/v1/requests/<uuid:pk>": requests,
    "searches/<uuid:pk>": searches,
    "api/v1/searches/<uuid:pk>": searches,
    "review/<uuid:pk>": items,
    "api/v1/reviews/<uuid:pk>": items,
    "account/teams/<uuid:pk>": teams,
    "account/teams/<uuid:pk>/members/<uuid:user_id>": asker,
    "account/tokens/<uuid:pk>": tokens,
    "documents/<uuid:pk>": documents,
    "documents/<uuid:pk>/versions/<int:number>": lambda _held: [1],
    "api/v1/documents/<uuid:pk>": documents,
    "api/v1/documents/<uuid:pk>/versions/<int:number>": lambda _held: [1],
    "sign-in/<str:token>": lambda _held: ["no-such-token"],
    "quality/prompts/<uuid:pk>": lambda _held: list(PromptReview.objects.values_list("pk", flat=True)),
    "quality/<day:day>": lambda _held: [f"{QualityReport.objects.latest('day').day:%Y-%m-%d}"],
    "operations/<slug:key>": lambda _held: list(CHECKS),
    "api/v1/prompts/<slug:key>": lambda _held: ["document_summary", "medical_summary"],
    "admin/r/<path:content_type_id>": lambda _held: [ContentType.objects.get_for_model(AIRequest).pk],
    "admin/r/<path:content_type_id>/<path:object_id>": requests,
    "admin/accounts/user/<id>": asker,
}
# Routes that are regular expressions.
WRITTEN_OUT: dict[str, Callable[[Held], list[str]]] = {
    "^api(/|$)": lambda _held: ["api", "api/v1/nothing"],
    "admin/(?P<url>.*)$": lambda held: [f"admin/{held.requests[0].pk}"],
}
APP_LIST = re.compile(r"admin/\^\(\?P<app_label>([\w|]+)\)/\$")
HISTORY = re.compile(r"admin/(\w+)/(\w+)/\^\(\[\^/\]\+\)/history/\(\[\^/\]\+\)/\$")
# What answers 404 to everybody, and why.
NOWHERE = {
    "^api(/|$)": "every address of the API that leads nowhere",
    "admin/(?P<url>.*)$": "every address of the admin that leads nowhere",
    "admin/r/<path:content_type_id>/<path:object_id>/": "no table has a page of its own outside the admin",
}


@dataclass(frozen=True, slots=True)
class Address:
    route: str
    path: str


def addresses(held: Held) -> Iterator[Address]:
    """All of them, filled in."""
    for route in [*routes(get_resolver().url_patterns), *(path.lstrip("/") for path in PROBES)]:
        for path in fill(route, held):
            yield Address(route, f"/{path}")


def routes(patterns: list[Any], before: str = "") -> Iterator[str]:
    for pattern in patterns:
        route = f"{before}{pattern.pattern}"
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield route


def fill(route: str, held: Held) -> list[str]:
    if route in WRITTEN_OUT:
        return WRITTEN_OUT[route](held)
    if labels := APP_LIST.fullmatch(route):
        return [f"admin/{label}/" for label in labels[1].split("|")]
    if model := HISTORY.fullmatch(route):
        return [f"admin/{model[1]}/{model[2]}/{row}/" for row in changes(*model.groups())]
    if re.search(r"[\^$\\(]", route):
        pytest.fail(f"The route {route!r} is a regular expression: write addresses of it into WRITTEN_OUT of {HERE}.")
    slots = list(PARAMETER.finditer(route))
    known = [values(route[: slot.end()], held) for slot in slots]
    if not all(known):
        pytest.fail(f"Nothing stands for a parameter of {route!r}: let furnish() of tests/integration/admin make it.")
    return [_put(route, chosen) for chosen in product(*known)]


def values(reached: str, held: Held) -> list[object]:
    """What may stand for the parameter with which this beginning of a route ends."""
    if reached in IDS:
        return IDS[reached](held)
    for model in admin.site._registry:
        if reached == f"admin/{model._meta.app_label}/{model._meta.model_name}/<path:object_id>":
            return [quote(str(key)) for key in keys(model, held)]
    pytest.fail(f"Nobody knows what stands for the last parameter of {reached!r}: add a row to IDS of {HERE}.")


def keys(model: type[Model], held: Held) -> list[object]:
    """Which rows the admin is asked for: some of what is held, one of every other table."""
    if model in {AIRequest, AIReviewQueue}:
        return (requests(held) if model is AIRequest else items(held))[:ROWS]
    return list(model._default_manager.order_by("-pk").values_list("pk", flat=True)[:1])


def _put(route: str, chosen: tuple[object, ...]) -> str:
    left = iter(chosen)
    return PARAMETER.sub(lambda _slot: str(next(left)), route)


def changes(app: str, name: str) -> list[str]:
    """One change of a table whose changes are kept, made here."""
    model: Any = apps.get_model(app, name)
    model.objects.order_by("pk")[0].save()
    change = model.history.all()[0]
    return [f"{change.id}/history/{change.history_id}"]
