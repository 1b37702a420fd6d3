"""The log-in page, error pages, and what every page shares."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pytest
from django.conf import settings as django_settings
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.test import Client
from pytest_django import Settings
from pytest_django.asserts import assertContains, assertNotContains

from requests_app.models import AIRequest

INLINE = re.compile(
    r"<script(?![^>]*\b(src=|type=\"application/json\"))|<style|\sstyle=|\son[a-z]+=|javascript:", re.IGNORECASE
)
STATIC = re.compile(r'(?:src|href)="/static/([^"#]+)')


@pytest.mark.django_db
def test_demonstration_log_ins_only_in_demonstrations(settings: Settings) -> None:
    assertContains(Client().get("/login"), 'data-username="demo"')
    settings.LINTEL_DEMO = False
    assertNotContains(Client().get("/login"), "data-username")


@pytest.mark.django_db
def test_a_wrong_password_is_said_in_a_sentence() -> None:
    answer = Client().post("/login", {"username": "alice", "password": "wrong"})
    assertContains(answer, "That did not open the door")
    assertContains(answer, 'value="alice"')


def test_log_in_leads_to_where_one_was_going(alice: object) -> None:
    answer = Client().post("/login", {"username": "alice", "password": "alice", "next": "/?prompt=ticket_classify"})
    assert answer["Location"] == "/?prompt=ticket_classify"


def test_log_out_from_the_header(page: Client) -> None:
    assertContains(page.get("/"), 'action="/logout"')
    assert page.post("/logout")["Location"] == "/login"
    assert page.get("/").status_code == 302


def test_an_unknown_address_has_a_page(page: Client) -> None:
    assertContains(page.get("/nothing/here"), "There is nothing here", status_code=404)


@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "500", "503"])
def test_error_pages_need_nothing_but_themselves(name: str) -> None:
    text = render_to_string(f"{name}.html")
    assert name[:3] in text
    assert not INLINE.search(text)


def test_pages_hold_no_inline_code_and_only_files_that_exist(page: Client, summary: AIRequest) -> None:
    for address in ("/", "/history", f"/requests/{summary.pk}"):
        text = page.get(address).content.decode()
        assert not INLINE.search(text)
        assert all(_exist(STATIC.findall(text)))


def test_nothing_comes_from_elsewhere(page: Client, summary: AIRequest) -> None:
    for address in ("/", "/history", f"/requests/{summary.pk}"):
        text = page.get(address).content.decode()
        assert not re.search(r'(?:src|href|action)="(?:https?:)?//', text)


def _exist(names: Iterable[str]) -> Iterable[bool]:
    assert django_settings.STATIC_URL == "/static/"
    return [finders.find(name) is not None for name in names]
