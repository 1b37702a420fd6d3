"""The API of documents: two owners on every path, errors that name their field, submissions that may be repeated."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import Team, User
from documents.models import Document
from tests.integration.documents.conftest import program, write
from tests.integration.documents.hostile import harmless

LIST = "/api/v1/documents"


def at(document: Document, *rest: object) -> str:
    return "/".join([LIST, str(document.pk), *map(str, rest)])


def file(name: str = "a.txt", data: bytes = b"Words.") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, content_type="application/x-whatever")


def post(client: APIClient, **body: Any) -> Any:
    return client.post(LIST, {"title": "Notes", "text": "One.", **body}, format="json")


def send(client: APIClient, path: str = LIST, **body: Any) -> Any:
    return client.post(path, {"file": file(), **body}, format="multipart")


def test_a_text_is_stored_and_read_back(api: APIClient, alice: User) -> None:
    answer = post(api, text="# One\n", source_url="https://example.org/a")
    assert answer.status_code == 202
    body = api.get(answer["Location"]).json()
    assert body == answer.json()
    assert (body["title"], body["mine"], body["owner"]) == ("Notes", True, "alice")
    assert (body["version"]["number"], body["version"]["kind"]) == (1, "text")
    assert api.get(body["version"]["links"]["self"]).json()["text"] == "# One\n"
    assert api.get(body["version"]["links"]["content"]).content == b"# One\n"


def test_a_file_is_stored_and_given_back_untouched(api: APIClient) -> None:
    data = harmless("Cranes.")
    answer = send(api, file=file("../harbour.docx", data), visibility="all")
    assert answer.status_code == 202
    version = answer.json()["version"]
    assert (answer.json()["title"], version["filename"], version["size"]) == ("harbour", "harbour.docx", len(data))
    assert version["content_type"].endswith("wordprocessingml.document")
    saved = api.get(version["links"]["content"])
    assert saved.content == data
    assert saved["Content-Type"] == "application/octet-stream"
    assert saved["Content-Disposition"] == 'attachment; filename="harbour.docx"'
    assert "sandbox" in saved["Content-Security-Policy"]
    assert api.get(version["links"]["self"]).json()["text"] is None


def test_a_document_is_edited_uploaded_anew_and_restored(api: APIClient, alice: User) -> None:
    document = write(alice)
    edited = api.patch(at(document), {"text": "Two.", "title": "New", "base_version": 1}, format="json").json()
    assert (edited["title"], edited["version"]["number"]) == ("New", 2)
    assert send(api, at(document, "versions")).json()["version"]["number"] == 3
    restored = api.post(at(document, "versions", 1, "restore")).json()["version"]
    assert (restored["number"], restored["restored_from"]) == (4, 1)
    listed = api.get(at(document, "versions")).json()
    assert ([row["number"] for row in listed["results"]], listed["next"]) == ([4, 3, 2, 1], None)


def test_a_deleted_document_is_nowhere(api: APIClient, alice: User) -> None:
    document = write(alice)
    assert api.delete(at(document)).status_code == 204
    assert {answer.status_code for answer in every_path(api, document)} == {404}
    assert api.get(LIST).json()["results"] == []


def every_path(client: APIClient, document: Document) -> list[Any]:
    return [
        client.get(at(document)),
        client.patch(at(document), {"title": "Mine"}, format="json"),
        client.get(at(document, "versions")),
        send(client, at(document, "versions")),
        client.get(at(document, "versions", 1)),
        client.get(at(document, "versions", 1, "content")),
        client.post(at(document, "versions", 1, "restore")),
        client.delete(at(document)),
    ]


def test_strangers_are_told_that_there_is_none(alice: User, mallory: User, team: Team) -> None:
    for document in (write(alice), write(alice, team=team, visibility="team"), write(alice, team=team)):
        assert [answer.status_code for answer in every_path(program(mallory), document)] == [404] * 8
    assert program(mallory).get(LIST).json()["results"] == []
    assert Document.objects.filter(title="Notes").count() == 3


def test_teammates_read_and_change_nothing(alice: User, bob: User, team: Team) -> None:
    document = write(alice, team=team, visibility="team")
    codes = [answer.status_code for answer in every_path(program(bob), document)]
    assert codes == [200, 403, 200, 403, 200, 200, 403, 403]
    assert program(bob).get(at(document)).json()["mine"] is False


def test_nobody_is_asked_to_log_in_by_their_page(alice: User) -> None:
    assert {answer.status_code for answer in every_path(APIClient(), write(alice))} == {401}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"title": ""}, "/title"),
        ({"title": 7}, "/title"),
        ({"text": ""}, "/text"),
        ({"text": "a\u0000"}, "/text"),
        ({"text": None}, "/text"),
        ({"source_url": "ftp://example.org"}, "/source_url"),
        ({"visibility": "public"}, "/visibility"),
        ({"team": "0190e4f5-0000-7000-8000-000000000000"}, "/team"),
        ({"colour": "red"}, "/colour"),
    ],
)
def test_a_wrong_field_is_named(api: APIClient, body: dict[str, Any], pointer: str) -> None:
    answer = post(api, **body)
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


def test_another_teams_documents_are_not_made(alice: User, mallory: User, team: Team) -> None:
    assert post(program(mallory), team=str(team.pk)).json()["errors"][0]["pointer"] == "/team"
    assert post(program(alice), team=str(team.pk)).status_code == 202


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        (file("a.pdf", b"\x89PNG\r\n\x1a\n" + bytes(9)), 415, "unsupported_media_type"),
        (file("a.pdf", b""), 400, "invalid"),
        (file("a.txt", b"x" * 101), 413, "too_large"),
        ("no file", 400, "invalid"),
    ],
)
def test_a_file_that_is_not_taken_is_named(
    api: APIClient, settings: Settings, sent: Any, status: int, code: str
) -> None:
    settings.LINTEL_DOCUMENT_BYTES = 100
    answer = send(api, file=sent)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/file"]
    assert not Document.objects.exists()


def test_a_submission_may_be_repeated(api: APIClient) -> None:
    first, again = (
        api.post(LIST, {"file": file()}, format="multipart", headers={"Idempotency-Key": "k"}) for _ in range(2)
    )
    assert first.json() == again.json()
    assert "Idempotent-Replayed" not in first
    assert again["Idempotent-Replayed"] == "true"
    other = api.post(LIST, {"file": file(data=b"Other.")}, format="multipart", headers={"Idempotency-Key": "k"})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert Document.objects.count() == 1


def test_an_old_base_is_refused(api: APIClient, alice: User) -> None:
    document = write(alice)
    for text, status in (("Two.", 200), ("Three.", 409)):
        answer = api.patch(at(document), {"text": text, "base_version": 1}, format="json")
        assert answer.status_code == status
    assert answer.json()["code"] == "version_conflict"


def test_pages_follow_each_other(api: APIClient, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("documents.api.views.PAGE", 2)
    keys = [str(write(alice, str(number)).pk) for number in range(5)]
    found, further = [], LIST
    while further:
        page = api.get(further).json()
        found += [row["id"] for row in page["results"]]
        further = page["next"]
    assert found == keys[::-1]


@pytest.mark.parametrize("query", ["cursor=x", "cursor=", "colour=red", "cursor=%00"])
def test_garbage_in_the_address_is_named(api: APIClient, query: str) -> None:
    answer = api.get(f"{LIST}?{query}")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == f"/{query.partition('=')[0]}"


def test_many_documents_cost_no_more_queries(api: APIClient, alice: User, django_assert_max_num_queries: Any) -> None:
    for number in range(20):
        write(alice, str(number))
    with django_assert_max_num_queries(2):
        assert len(api.get(LIST).json()["results"]) == 20
