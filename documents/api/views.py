"""Thin doors: validate, make one call, respond. What one may not see is looked up as if it were not there."""

from __future__ import annotations

from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet
from django.http import HttpResponse
from django.utils.http import content_disposition_header
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from documents import contents, keys, library
from documents.api.base import DocumentApiView, UploadView, person
from documents.api.schema import BODY, BYTES, CURSOR, EXAMPLE, IDEMPOTENCY_KEY, KEYED, READING, STORING, operation
from documents.api.serializers import (
    DocumentDetail,
    DocumentEdit,
    DocumentPage,
    DocumentText,
    DocumentUpload,
    VersionDetail,
    VersionPage,
    VersionSummary,
    VersionUpload,
    shown,
)
from documents.errors import FieldInvalid
from documents.library import Stored
from documents.models import Document

Row = TypeVar("Row", bound=Model)

PAGE = 50
CREATING = {"application/json": DocumentText, "multipart/form-data": DocumentUpload}
IS_FILE = "multipart/form-data"


class DocumentListView(UploadView):
    parameters = frozenset({"cursor"})

    @operation("invalid", success=200, body=DocumentPage, operation_id="documents_list", parameters=[CURSOR])
    def get(self, request: Request) -> Response:
        """The documents that you may read, newest first."""
        visible = Document.objects.visible_to(person(request)).select_related("owner").order_by("-id")
        rows, further = page_of(visible, request, "id", UUID)
        return Response({"results": shown(request.user, *rows), "next": further})

    @operation(
        *BODY, *STORING, *KEYED, success=202, body=DocumentDetail, operation_id="documents_create",
        request=CREATING, parameters=[IDEMPOTENCY_KEY], examples=[EXAMPLE],
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        """Store a text, or a file: it can be read back at once, and is made findable afterwards."""
        form_class = DocumentUpload if is_file(request) else DocumentText
        form: Any = form_class(data=request.data, context={"request": request})
        form.is_valid(raise_exception=True)
        draft = form.draft()
        about = [draft.title, draft.source_url, draft.visibility, str(draft.team and draft.team.pk)]
        body = [*about, draft.content.filename, draft.content.sha256]
        return accepted(request, library.create(person(request), draft, key_of(request, body)))


class DocumentView(DocumentApiView):
    @operation(*READING, success=200, body=DocumentDetail, operation_id="documents_read")
    def get(self, request: Request, pk: UUID) -> Response:
        """One document with its current version."""
        return Response(shown(request.user, library.find(person(request), pk))[0])

    @operation(
        *BODY, *STORING, "not_found", "version_conflict",
        success=200, body=DocumentDetail, operation_id="documents_edit", request=DocumentEdit,
    )  # fmt: skip
    def patch(self, request: Request, pk: UUID) -> Response:
        """Change what is said of a document of yours, or its text; another text is a new version."""
        form = DocumentEdit(data=request.data, context={"request": request})
        form.is_valid(raise_exception=True)
        return Response(shown(request.user, library.edit(person(request), pk, form.changes()))[0])

    @operation(*BODY, *READING, success=204, body=None, operation_id="documents_delete")
    def delete(self, request: Request, pk: UUID) -> Response:
        """Delete a document of yours with all its versions; it is gone at once."""
        library.delete(person(request), pk)
        return Response(status=204)


class VersionListView(UploadView):
    parameters = frozenset({"cursor"})

    @operation(*READING, success=200, body=VersionPage, operation_id="documents_versions", parameters=[CURSOR])
    def get(self, request: Request, pk: UUID) -> Response:
        """Its versions, newest first; of a document of somebody else the current one alone."""
        versions = library.versions_for(person(request), pk)
        rows, further = page_of(versions.order_by("-number"), request, "number", int)
        return Response({"results": [VersionSummary(row).data for row in rows], "next": further})

    @operation(
        *BODY, *STORING, "not_found", "version_conflict",
        success=202, body=DocumentDetail, operation_id="documents_upload", request={IS_FILE: VersionUpload},
    )  # fmt: skip
    def post(self, request: Request, pk: UUID) -> Response:
        """Store a file as the new version of a document of yours."""
        form = VersionUpload(data=request.data, context={"request": request})
        form.is_valid(raise_exception=True)
        return accepted(request, Stored(document=library.edit(person(request), pk, form.changes())))


class VersionView(DocumentApiView):
    @operation(*READING, success=200, body=VersionDetail, operation_id="documents_version")
    def get(self, request: Request, pk: UUID, number: int) -> Response:
        """One version with its text."""
        return Response(VersionDetail(library.find_version(person(request), pk, number)).data)


class VersionContentView(DocumentApiView):
    @operation(*READING, success=200, body=BYTES, operation_id="documents_content")
    def get(self, request: Request, pk: UUID, number: int) -> HttpResponse:
        """The bytes of one version as they were sent; to be saved, never to be shown by a browser."""
        version = library.find_version(person(request), pk, number)
        return attachment(contents.bytes_of(version), version.filename or "document.md")


class VersionRestoreView(DocumentApiView):
    @operation(
        *BODY, *READING, "too_many_requests",
        success=200, body=DocumentDetail, operation_id="documents_restore", request=None,
    )  # fmt: skip
    def post(self, request: Request, pk: UUID, number: int) -> Response:
        """Make the content of an earlier version the current one again, as a version of its own."""
        return Response(shown(request.user, library.restore(person(request), pk, number))[0])


def is_file(request: Request) -> bool:
    return str(request.content_type).startswith(IS_FILE)


def key_of(request: Request, body: object) -> keys.Key | None:
    given = request.headers.get("Idempotency-Key")
    return keys.key_of(given, method=str(request.method), path=request.path, body=body)


def accepted(request: Request, stored: Stored) -> Response:
    """202: it is stored; what others make of it follows."""
    [body] = shown(request.user, stored.document)
    headers = {"Location": body["links"]["self"]}
    if stored.replayed:
        headers["Idempotent-Replayed"] = "true"
    return Response(body, status=202, headers=headers)


def attachment(data: bytes, name: str) -> HttpResponse:
    """What strangers sent is run by nobody's browser, whatever it is."""
    response = HttpResponse(data, content_type="application/octet-stream")
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "private, no-cache"
    return response


def page_of(rows: QuerySet[Row], request: Request, column: str, kind: Any) -> tuple[list[Row], str | None]:
    """Rows before the cursor, by a column that is their order, and where the next page is."""
    cursor = request.query_params.get("cursor")
    if cursor is not None:
        try:
            rows = rows.filter(**{f"{column}__lt": kind(cursor)})
        except (ValueError, OverflowError):
            raise FieldInvalid("is not a cursor of this list", pointer="/cursor") from None
    found = list(rows[: PAGE + 1])
    if len(found) <= PAGE:
        return found, None
    return found[:PAGE], replace_query_param(request.get_full_path(), "cursor", str(getattr(found[PAGE - 1], column)))
