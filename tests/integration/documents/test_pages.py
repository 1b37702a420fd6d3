"""The Documents pages do their tasks without a script, for their owner alone."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import Team, User
from documents import contents, reading
from documents.models import Document, DocumentVersion
from tests.integration.documents.conftest import write


def file(name: str = "notes.txt", data: bytes = b"Words.") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


def at(document: Document, *rest: object) -> str:
    return "/".join(["/documents", str(document.pk), *map(str, rest)])


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text_now() -> str:
    return reading.read(contents.current(Document.objects.get()))


def test_an_empty_list_says_what_to_do(page: Client) -> None:
    assert "No documents yet" in page.get("/documents").content.decode()


def test_a_file_is_uploaded(page: Client) -> None:
    answer = page.post("/documents", {"file": file(), "visibility": "all"}, follow=True)
    assert answer.redirect_chain[-1][0] == at(Document.objects.get())
    assert Document.objects.get().visibility == "all"
    assert "notes" in page.get("/documents").content.decode()


def test_a_text_is_written(page: Client) -> None:
    page.post("/documents", {"title": "Notes", "text": "# <b>One", "visibility": "private"})
    assert text_now() == "# <b>One"
    assert "# &lt;b&gt;One" in page.get(at(Document.objects.get())).content.decode()


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"file": file("a.pdf", b"\x89PNG\r\n\x1a\n")}, "This is a file of type image/png"),
        ({"file": file("a.txt", b"")}, "The file is empty."),
        ({"text": "One."}, "A document has a title."),
        ({"title": "Notes"}, "The text is empty."),
        ({"text": "One.", "title": "Notes", "source_url": "javascript:x"}, "is no address"),
    ],
)
def test_what_is_refused_is_said_and_kept(page: Client, sent: dict[str, object], sentence: str) -> None:
    answer = page.post("/documents", {"visibility": "private", **sent})
    assert answer.status_code == 400
    assert sentence in answer.content.decode()
    assert not Document.objects.exists()


def test_a_document_is_edited(page: Client, alice: User) -> None:
    document = write(alice)
    said = {"title": "New", "text": "Two.", "visibility": "team", "base": 1}
    assert page.post(at(document), said).status_code == 302
    document.refresh_from_db()
    assert (document.title, document.version, text_now()) == ("New", 2, "Two.")


def test_an_old_form_changes_nothing(page: Client, alice: User) -> None:
    document = write(alice)
    for text, status in (("Two.", 302), ("Three.", 400)):
        answer = page.post(at(document), {"title": "New", "text": text, "visibility": "private", "base": 1})
        assert answer.status_code == status
    assert "Version 2 was stored meanwhile." in answer.content.decode()
    assert "Three." in answer.content.decode(), "what was typed stays"


def test_a_file_takes_the_place_of_a_text_and_is_undone(page: Client, alice: User) -> None:
    document = write(alice)
    page.post(at(document, "versions"), {"file": file()})
    assert "has not been read yet" in page.get(at(document)).content.decode()
    assert "One." in page.get(at(document), {"version": 1}).content.decode()
    page.post(at(document, "versions", 1, "restore"))
    assert (text_now(), DocumentVersion.objects.count()) == ("One.", 3)


def test_a_document_is_deleted(page: Client, alice: User) -> None:
    document = write(alice)
    page.post(at(document, "delete"))
    assert page.get(at(document)).status_code == 404


def test_strangers_find_no_page(alice: User, mallory: User) -> None:
    document, client = write(alice), browser(mallory)
    assert "Notes" not in client.get("/documents").content.decode()
    found = [client.get(at(document)), client.post(at(document), {"base": 1, "visibility": "all", "title": "x"})]
    found += [client.post(at(document, *rest), {"file": file()}) for rest in DEEDS]
    assert {answer.status_code for answer in found} == {404}


DEEDS = [("versions",), ("versions", 1, "restore"), ("delete",)]


def test_readers_are_shown_no_deeds_and_may_do_none(alice: User, bob: User, team: Team) -> None:
    document, client = write(alice, team=team, visibility="team"), browser(bob)
    shown = client.get(at(document)).content.decode()
    assert "One." in shown
    assert "delete" not in shown
    assert {client.post(at(document, *rest), {"file": file()}).status_code for rest in DEEDS} == {403}


@pytest.mark.parametrize("query", ["before=x", "before=%00"])
def test_garbage_in_the_list_is_the_newest(page: Client, alice: User, query: str) -> None:
    write(alice)
    assert "Notes" in page.get(f"/documents?{query}").content.decode()


@pytest.mark.parametrize("version", ["9", "0"])
def test_a_version_that_never_was_has_no_page(page: Client, alice: User, version: str) -> None:
    assert page.get(at(write(alice)), {"version": version}).status_code == 404
