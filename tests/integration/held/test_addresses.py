"""No address shows a held answer to anybody but reviewers: every address times everybody who might ask for it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import redis
from django.contrib import admin
from django.contrib.admin import ModelAdmin
from django.contrib.auth.models import Permission
from django.core import mail
from django.db import transaction
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.test import Client, RequestFactory
from django.utils import timezone
from pytest_django import Settings

from accounts.models import ApiToken, Membership, Team, User
from requests_app import days, review
from requests_app.models import AIRequest, AIReviewQueue, ReviewAction, Status, StreamChunk
from requests_app.reports import making
from tests.integration.admin.furniture import furnish, write
from tests.integration.held.addresses import NOWHERE, Address, addresses, keys, requests
from tests.integration.held.answers import MARK, Held, carry_out, hold_in_every_state
from tests.integration.requests_app.conftest import SMALL
from tests.integration.searches import look_for, with_model
from tests.services import SERVICES

# Where the asker is to find the answer once it is approved; else nothing here could fail.
SHOW_IT = {"requests/<uuid:pk>", "requests/<uuid:pk>/answer", "api/v1/requests/<uuid:pk>"}
TEXTS = {AIReviewQueue: ("text", "output", "edited_text", "edited_output", "note"), ReviewAction: ("note",)}
TEXTS |= {AIRequest: ("result", "partial", "output"), StreamChunk: ("text",)}


@pytest.fixture
def judge(db: None) -> User:
    user = User.objects.create_user("carol")
    user.user_permissions.add(Permission.objects.get(codename="decide_review"))
    return user


@pytest.fixture
def held(alice: User, mallory: User, judge: User, settings: Settings) -> Held:
    furnish(1)
    team = Team.objects.create(name="Harbour")
    for user in (alice, mallory):
        Membership.objects.create(team=team, user=user, role="member")
    ApiToken.objects.create(user=alice, name="a program")
    write(alice, "held")
    held = hold_in_every_state(alice, judge)
    with_model(settings)
    look_for(alice)
    making.make(days.day_of(timezone.now()))
    return held


@pytest.fixture(autouse=True)
def figures(tmp_path: Path, settings: Settings) -> None:
    settings.LINTEL_METRICS_DIR = tmp_path


def signed_in(user: User, *allowed: Permission, **rights: bool) -> Client:
    User.objects.filter(pk=user.pk).update(**rights)
    user.user_permissions.add(*allowed)
    client = Client()
    client.force_login(User.objects.get(pk=user.pk))
    return client


def program(user: User) -> Client:
    return Client(headers={"Authorization": f"Bearer {ApiToken.objects.create(user=user, name='tests')[1]}"})


def looking() -> list[Permission]:
    return list(Permission.objects.filter(codename__startswith="view_").exclude(codename="view_request_text"))


def all_but_judging() -> list[Permission]:
    return list(Permission.objects.exclude(codename="decide_review"))


# alice has asked, mallory is in a team with her; nobody of them may see anything, with whatever rights.
PEOPLE: dict[str, Callable[[Held], Client]] = {
    "asker": lambda held: signed_in(held.requests[0].user),
    "asker who may do everything": lambda held: signed_in(held.requests[0].user, is_staff=True, is_superuser=True),
    "program of the asker": lambda held: program(held.requests[0].user),
    "teammate": lambda _held: signed_in(User.objects.get(username="mallory")),
    "stranger": lambda _held: signed_in(User.objects.create_user("victor")),
    "staff who look": lambda _held: signed_in(User.objects.create_user("olga"), *looking(), is_staff=True),
    "staff who may not judge": lambda _held: signed_in(
        User.objects.create_user("oscar"), *all_but_judging(), is_staff=True
    ),
    "anonymous": lambda _held: Client(),
}
pytestmark = pytest.mark.timeout(600)  # each asks for hundreds of pages
everybody = pytest.mark.parametrize("who", PEOPLE)


@dataclass
class Found:
    """Where the mark came out, and what answered."""

    shown: set[str] = field(default_factory=set)
    answered: dict[str, set[int]] = field(default_factory=dict)

    def reached(self, route: str) -> bool:
        return not self.answered.get(route, set()) <= {404, 405}

    def look(self, address: Address, how: str, answer: HttpResponseBase) -> None:
        self.answered.setdefault(address.route, set()).add(answer.status_code)
        if MARK in text_of(answer):
            self.shown.add(f"{how} {address.path}")


def text_of(answer: HttpResponseBase) -> str:
    """Everything of an answer that travels."""
    body = answer.content if isinstance(answer, HttpResponse) else b"".join(answer)
    cookies = answer.cookies.output()
    return f"{dict(answer.items())}{cookies}{body.decode('utf-8', 'replace')}"


def visit(client: Client, address: Address, held: Held, found: Found, *, whole: bool = True) -> None:
    """In every way, or until one reaches it; what a visit changes is taken back, a log-out too."""
    for how, ask in ways(client, address, held):
        if not whole and found.reached(address.route):
            return
        cookies = deepcopy(client.cookies)
        with transaction.atomic():
            found.look(address, how, ask())
            transaction.set_rollback(True)
        client.cookies = cookies


def ways(client: Client, address: Address, held: Held) -> Iterator[tuple[str, Callable[[], Any]]]:
    path, ids = address.path, [str(key) for key in requests(held)]
    yield "GET", lambda: client.get(path)
    if path.startswith("/api/"):
        yield "POST", lambda: client.post(path, {"rating": 1}, content_type="application/json")
        yield "PUT", lambda: client.put(path, {"rating": 1}, content_type="application/json")
        yield "DELETE", lambda: client.delete(path)
        return
    follow = address.route.startswith(("history", "requests", "review"))
    more = {"texts": "", "whole": "", "id": ids, "from": ids[0]}
    yield "GET of a part of", lambda: client.get(path, more, headers={"HX-Request": "true"})
    said = {"step": "take", "rating": "1", "model": f"embedded/{SMALL}", "id": ids, "post": "yes"}
    yield "POST", lambda: client.post(path, said, follow=follow)


def stored_in_redis() -> str:
    """All keys and values of the server, whichever database they are in."""
    parts: list[str] = []
    for number in range(16):
        server = redis.Redis.from_url(SERVICES.redis_url, db=number)
        for key in server.scan_iter():
            parts.append(f"{key!r}{server.dump(key)!r}")
    return "".join(parts)


@everybody
def test_held_answer_is_on_no_path(held: Held, who: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    client, found = PEOPLE[who](held), Found()
    for address in addresses(held if "asker" in who else Held(held.requests[:2])):
        visit(client, address, held, found)
    assert not found.shown
    assert MARK not in caplog.text
    assert MARK not in stored_in_redis()
    assert MARK not in "".join(f"{message.subject}{message.body}" for message in mail.outbox)


def test_every_address_is_reached(held: Held) -> None:
    """What answers "no such page" to everybody shows nothing to anybody, and proves nothing either."""
    found = Found()
    for user in (held.requests[0].user, User.objects.get(username="carol")):
        client = signed_in(user, is_superuser=True, is_staff=True)
        for address in addresses(held):
            visit(client, address, held, found, whole=False)
    unreached = {route for route in found.answered if not found.reached(route)}
    assert unreached == set(NOWHERE), "name what is not reached in NOWHERE, or give it ids that are, in addresses.py"


def test_approved_answer_is_where_it_belongs(held: Held) -> None:
    """The same walk finds it then: it would have found it before."""
    item = held.items[0]
    judge = User.objects.get(username="carol")
    review.take(judge, item.pk)
    review.approve(judge, item.pk)
    carry_out(item)
    client, found = PEOPLE["asker"](held), Found()
    [request] = AIRequest.objects.filter(pk=item.request_id, status=Status.DONE)
    for address in addresses(Held([request])):
        if address.route in SHOW_IT:
            visit(client, address, held, found)
    assert {where.split()[-1].replace(str(request.pk), "<uuid:pk>").strip("/") for where in found.shown} == SHOW_IT


def test_admin_tells_no_text_by_its_filters(held: Held) -> None:
    """Whoever may narrow a list by a text spells it out letter by letter."""
    http = RequestFactory().get("/")
    http.user = User.objects.create_superuser("boss")
    told = [
        f"{entry.opts.label}: {path}"
        for entry in admin.site._registry.values()
        for path in texts_from(entry)
        if entry.lookup_allowed(f"{path}__startswith", "z", http)
    ]
    assert told == []


def texts_from(entry: ModelAdmin[Any]) -> Iterator[str]:
    """How a query of this table would name the texts, over at most two relations."""
    relations = [("", entry.model)]
    for _step in range(2):
        relations += [
            (f"{before}{field.name}__", field.related_model)
            for before, model in relations
            for field in model._meta.get_fields()
            if isinstance(field.related_model, type)
        ]
    for before, model in relations:
        yield from (f"{before}{text}" for text in TEXTS.get(model, ()))


def test_admin_finds_no_text_and_names_no_row_by_it(held: Held) -> None:
    """Lists, histories, autocomplete and links call a row by its name."""
    client = PEOPLE["staff who may not judge"](held)
    for model, entry in admin.site._registry.items():
        assert MARK not in "".join(map(str, model._default_manager.all())), entry
        if entry.search_fields:
            listed = client.get(f"/admin/{model._meta.app_label}/{model._meta.model_name}/", {"q": MARK})
            assert listed.context["cl"].result_count == 0, entry


@pytest.mark.parametrize("who", ["asker who may do everything", "staff who may not judge"])
def test_admin_actions_show_no_text(held: Held, who: str) -> None:
    client, found = PEOPLE[who](held), Found()
    http = RequestFactory().get("/")
    http.user = User.objects.create_superuser("boss")
    for model, entry in admin.site._registry.items():
        address = Address("", f"/admin/{model._meta.app_label}/{model._meta.model_name}/")
        for action in entry.get_actions(http):
            chosen = {"action": action, "_selected_action": [str(key) for key in keys(model, held)]}
            with transaction.atomic():
                found.look(address, action, client.post(address.path, chosen, follow=True))
                transaction.set_rollback(True)
    assert not found.shown
    assert found.answered, "there are actions"
