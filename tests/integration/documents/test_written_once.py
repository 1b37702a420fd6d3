"""Versions are never changed, and go with their document alone: the database says so, whoever asks."""

from __future__ import annotations

import pytest
from django.db import Error, transaction
from django.db.models import Model

from accounts.models import User
from documents import contents
from documents.models import Document, DocumentContent, DocumentKey, DocumentText, DocumentVersion
from documents.signals import document_changed, document_removed
from tests.integration.admin.furniture import SECRET, write

TABLES: dict[str, tuple[type[Model], dict[str, object]]] = {
    "versions": (DocumentVersion, {"size": 1}),
    "contents": (DocumentContent, {"sha256": "0"}),
    "texts": (DocumentText, {"text": "another"}),
}
once = pytest.mark.parametrize(("table", "change"), TABLES.values(), ids=TABLES)


@pytest.fixture
def document(alice: User) -> Document:
    return write(alice, "a")


@once
def test_nothing_is_changed(document: Document, table: type[Model], change: dict[str, object]) -> None:
    with pytest.raises(Error, match="Cannot update"), transaction.atomic():
        table._default_manager.update(**change)


@once
def test_nothing_goes_before_its_document(document: Document, table: type[Model], change: dict[str, object]) -> None:
    with pytest.raises(Error, match="stay while"), transaction.atomic():
        table._default_manager.all().delete()


@pytest.mark.parametrize("in_bulk", [True, False])
def test_a_document_takes_all_along(document: Document, bob: User, in_bulk: bool) -> None:
    kept = write(bob, "b")
    Document.objects.filter(pk=document.pk).delete() if in_bulk else document.delete()
    for table in (DocumentVersion, DocumentContent, DocumentKey):
        assert [row.document_id for row in table.objects.all()] == [kept.pk]
    assert DocumentText.objects.count() == 1


def test_a_text_is_stored_once(document: Document) -> None:
    version = contents.current(document)
    contents.store_text(version, "another")
    assert contents.text_of(version) == SECRET


def test_a_text_of_what_is_gone_is_dropped(document: Document) -> None:
    version = contents.current(document)
    document.delete()
    contents.store_text(version, "late")
    assert not DocumentText.objects.exists()


def test_a_change_is_told_inside_its_transaction(alice: User) -> None:
    def refuse(**_: object) -> None:
        raise ZeroDivisionError

    document_changed.connect(refuse)
    try:
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            write(alice, "a")
    finally:
        document_changed.disconnect(refuse)
    assert not Document.objects.exists()


def test_a_removal_is_told_by_its_id(document: Document) -> None:
    told: list[object] = []

    def note(document_id: object, **_: object) -> None:
        told.append(document_id)

    document_removed.connect(note)
    try:
        key = document.pk
        document.delete()
    finally:
        document_removed.disconnect(note)
    assert told == [key]
