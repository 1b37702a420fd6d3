"""Documents are made, changed, restored and deleted by their owner, and each change is one commit."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from django.db import connections
from pytest_django import Settings

from accounts.models import Team, User
from documents import contents, fields, library, reading
from documents.errors import FieldInvalid, NoSuchDocument, NotTheOwner, TooLarge, TooManyDocuments, VersionConflict
from documents.library import Changes, Draft
from documents.models import Document, DocumentContent, DocumentText, DocumentVersion
from documents.signals import document_changed
from tests.integration.documents.conftest import write
from tests.integration.documents.hostile import harmless

WRITERS = 8
EACH = 5


def to(text: str) -> Changes:
    return Changes(content=fields.of_text(text))


def text_now(document: Document) -> str:
    return reading.read(contents.current(document))


def numbers(document: Document) -> list[int]:
    return sorted(DocumentVersion.objects.filter(document=document).values_list("number", flat=True))


def test_a_text_becomes_a_document(alice: User) -> None:
    document = write(alice, "# One\r\ntwo", title=" Notes ")
    assert (document.title, document.version, document.team_id) == ("Notes", 1, alice.personal_team_id)
    assert text_now(document) == "# One\ntwo"


def test_another_text_is_another_version(alice: User) -> None:
    document = library.edit(alice, write(alice).pk, to("Two."))
    assert (numbers(document), text_now(document)) == ([1, 2], "Two.")


def test_the_same_text_is_none(alice: User) -> None:
    document = library.edit(alice, write(alice).pk, to("One."))
    assert numbers(document) == [1]


def test_a_restored_version_points_to_the_same_bytes(alice: User) -> None:
    document = library.edit(alice, write(alice).pk, to("Two."))
    document = library.restore(alice, document.pk, 1)
    restored = contents.current(document)
    assert (restored.number, restored.restored_from, text_now(document)) == (3, 1, "One.")
    assert DocumentContent.objects.count() == 2


def test_the_version_of_now_is_not_restored(alice: User) -> None:
    document = library.restore(alice, write(alice).pk, 1)
    assert numbers(document) == [1]


def test_a_version_that_never_was_is_not_restored(alice: User) -> None:
    with pytest.raises(NoSuchDocument):
        library.restore(alice, write(alice).pk, 9)


def test_who_changed_an_old_version_is_told(alice: User) -> None:
    document = library.edit(alice, write(alice).pk, to("Two."))
    with pytest.raises(VersionConflict):
        library.edit(alice, document.pk, Changes(content=fields.of_text("Three."), base=1))
    assert text_now(document) == "Two."


def test_a_file_is_read_once(alice: User) -> None:
    content = fields.of_file("C:\\secret\\..\\harbour.docx", harmless("Cranes."))
    document = library.create(alice, Draft(content=content)).document
    assert (document.title, contents.current(document).filename) == ("harbour", "harbour.docx")
    assert reading.known(contents.current(document)) is None
    assert text_now(document) == "Cranes."
    assert DocumentText.objects.get().text == reading.known(contents.current(document))


def test_listeners_find_the_document_whole(alice: User) -> None:
    found: list[str] = []

    def read(document: Document, **_: object) -> None:
        found.append(text_now(document))

    document_changed.connect(read)
    try:
        document = write(alice)
        library.edit(alice, document.pk, to("Two."))
        library.restore(alice, document.pk, 1)
    finally:
        document_changed.disconnect(read)
    assert found == ["One.", "Two.", "One."]


def test_strangers_find_nothing(alice: User, mallory: User) -> None:
    key = write(alice).pk
    for attempt in attempts(mallory, key):
        with pytest.raises(NoSuchDocument):
            attempt()


def test_readers_change_nothing(alice: User, bob: User, team: Team) -> None:
    for document in (write(alice, team=team, visibility="team"), write(alice, visibility="all")):
        assert library.find(bob, document.pk) == document
        for attempt in attempts(bob, document.pk)[1:]:
            with pytest.raises(NotTheOwner):
                attempt()
    assert Document.objects.filter(version=1).count() == 2


def attempts(user: User, key: UUID):  # type: ignore[no-untyped-def]  # calls of all kinds
    return [
        lambda: library.find(user, key),
        lambda: library.edit(user, key, to("Mine.")),
        lambda: library.restore(user, key, 1),
        lambda: library.delete(user, key),
    ]


def test_earlier_versions_are_not_shared(alice: User, bob: User, team: Team) -> None:
    document = write(alice, "A secret.")
    library.edit(alice, document.pk, Changes(content=fields.of_text("Public."), fields={"visibility": "all"}))
    assert [version.number for version in library.versions_for(bob, document.pk)] == [2]
    assert library.versions_for(alice, document.pk).count() == 2
    with pytest.raises(NoSuchDocument):
        library.find_version(bob, document.pk, 1)


def test_who_leaves_a_team_sees_its_documents_no_more(alice: User, bob: User, team: Team) -> None:
    document = write(alice, team=team, visibility="team")
    assert Document.objects.visible_to(bob).get() == document
    team.memberships.filter(user=bob).delete()
    assert not Document.objects.visible_to(bob).exists()


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"title": " \u200b\n"}, "/title"),
        ({"title": "x" * 201}, "/title"),
        ({"source_url": "javascript:alert(1)"}, "/source_url"),
        ({"source_url": "https://user:word@example.org"}, "/source_url"),
        ({"source_url": "//example.org"}, "/source_url"),
        ({"source_url": "https://[half"}, "/source_url"),
    ],
)
def test_a_wrong_field_is_named(alice: User, changes: dict[str, str], pointer: str) -> None:
    with pytest.raises(FieldInvalid) as refused:
        library.edit(alice, write(alice).pk, Changes(fields=changes))
    assert refused.value.pointer == pointer


def test_room_is_bounded(alice: User, settings: Settings) -> None:
    settings.LINTEL_USER_DOCUMENT_BYTES = 10
    write(alice, "12345678")
    with pytest.raises(TooLarge, match="LINTEL_USER_DOCUMENT_BYTES"):
        write(alice, "901")


def test_a_document_is_bounded(alice: User, settings: Settings) -> None:
    settings.LINTEL_DOCUMENT_BYTES = 10
    with pytest.raises(TooLarge, match="LINTEL_DOCUMENT_BYTES"):
        write(alice, "12345678901")


def test_pace_is_bounded(alice: User, settings: Settings) -> None:
    settings.LINTEL_DOCUMENTS_PER_MINUTE = 2
    document = library.edit(alice, write(alice).pk, to("Two."))
    with pytest.raises(TooManyDocuments, match="LINTEL_DOCUMENTS_PER_MINUTE"):
        library.restore(alice, document.pk, 1)


@pytest.mark.usefixtures("committed")
def test_concurrent_edits_leave_no_gap_and_lose_nothing() -> None:
    user = User.objects.create_user("alice")
    document = write(user)

    def change(writer: int) -> None:
        for turn in range(EACH):
            library.edit(user, document.pk, to(f"{writer} {turn}"))
        connections.close_all()

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(change, range(WRITERS)))
    document.refresh_from_db()
    versions = DocumentVersion.objects.filter(document=document)
    assert numbers(document) == list(range(1, WRITERS * EACH + 2))
    assert document.version == WRITERS * EACH + 1
    written = {reading.read(version) for version in versions}
    assert written == {"One."} | {f"{writer} {turn}" for writer in range(WRITERS) for turn in range(EACH)}


@pytest.mark.usefixtures("committed")
def test_a_delete_amid_edits_leaves_nothing() -> None:
    user = User.objects.create_user("alice")
    document = write(user)

    def change(turn: int) -> None:
        try:
            if turn == 10:
                library.delete(user, document.pk)
            else:
                library.edit(user, document.pk, to(str(turn)))
        except NoSuchDocument:
            pass
        finally:
            connections.close_all()

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(change, range(20)))
    assert not DocumentVersion.objects.exists()
    assert not DocumentContent.objects.exists()
