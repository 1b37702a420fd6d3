"""What people wrote is theirs: staff need a right of its own, ask for it, and are noted."""

from __future__ import annotations

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import User
from documents.models import Document
from documents.signals import document_removed
from tests.integration.admin.furniture import SECRET, write

LIST = "/admin/documents/document/"


@pytest.fixture
def document(alice: User) -> Document:
    return write(alice, "a")


def staff(user: User, *allowed: str) -> Client:
    User.objects.filter(pk=user.pk).update(is_staff=True)
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="documents", codename__in=allowed))
    client = Client()
    client.force_login(User.objects.get(pk=user.pk))
    return client


def page_of(client: Client, document: Document, query: str = "") -> str:
    return client.get(f"{LIST}{document.pk}/change/{query}").content.decode()


def test_staff_without_the_right_see_no_words(bob: User, document: Document) -> None:
    client = staff(bob, "view_document", "view_documentversion", "view_documentkey")
    lists = [LIST, "/admin/documents/documentversion/", "/admin/documents/documentkey/"]
    shown = [page_of(client, document), page_of(client, document, "?texts")]
    shown += [client.get(path).content.decode() for path in lists]
    assert not [page for page in shown if SECRET in page]
    assert str(document.pk) in shown[-1]
    assert not LogEntry.objects.exists()


def test_words_are_shown_on_demand_and_each_look_is_noted(bob: User, document: Document) -> None:
    client = staff(bob, "view_document", "view_document_text")
    assert SECRET not in page_of(client, document)
    assert page_of(client, document, "?texts").count(SECRET) >= 3
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id, entry.change_message) == (bob, str(document.pk), "Viewed text.")


@pytest.mark.parametrize("lookup", ["title__startswith", "source_url__contains", "versions__filename__startswith"])
def test_words_cannot_be_spelled_out_by_filters(bob: User, document: Document, lookup: str) -> None:
    assert staff(bob, "view_document").get(LIST, {lookup: "The"}).status_code == 400


def test_who_may_deletes_a_document_and_it_is_told(bob: User, document: Document) -> None:
    told: list[object] = []

    def note(document_id: object, **_: object) -> None:
        told.append(document_id)

    document_removed.connect(note)
    try:
        chosen = {"action": "delete_selected", "_selected_action": str(document.pk), "post": "yes"}
        staff(bob, "view_document", "delete_document").post(LIST, chosen)
    finally:
        document_removed.disconnect(note)
    assert told == [document.pk]
    assert not Document.objects.exists()
