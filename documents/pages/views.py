"""The Documents pages: the list with its uploads, and one document with its versions."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.page_request import PageRequest
from documents import contents, library, reading
from documents.errors import DocumentError, NoSuchDocument, NotTheOwner
from documents.library import Changes
from documents.models import Document, DocumentVersion
from documents.pages.forms import EditForm, NewForm, UploadForm, read

PAGE = 50
P = ParamSpec("P")


def guarded(view: Callable[P, HttpResponse]) -> Callable[P, HttpResponse]:
    """Who may not see a document finds no page; who may not change it is told so."""

    @never_cache
    @login_required
    @require_http_methods(["GET", "HEAD", "POST"])
    @wraps(view)
    def safe(*args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            return view(*args, **kwargs)
        except NoSuchDocument:
            raise Http404 from None
        except NotTheOwner as refusal:
            raise PermissionDenied(str(refusal)) from None

    return safe


def changing(view: Callable[P, HttpResponse]) -> Callable[P, HttpResponse]:
    """A change that is posted, and refused in a sentence. Whoever comes by link is led to the document."""

    @guarded
    @wraps(view)
    def posted(*args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        http, pk = cast("PageRequest", args[0]), kwargs["pk"]
        if http.method != "POST":
            return redirect("document", pk)
        try:
            return view(*args, **kwargs)
        except (NoSuchDocument, NotTheOwner):
            raise
        except DocumentError as refusal:
            messages.error(http, str(refusal))
            return redirect("document", pk)

    return posted


@guarded
def documents(http: PageRequest) -> HttpResponse:
    if http.method != "POST":
        return _list(http, NewForm(http.user))
    form = NewForm(http.user, http.POST, http.FILES)
    made = _made(http, form) if form.is_valid() else None
    return redirect("document", made.pk) if made else _list(http, form)


def _made(http: PageRequest, form: NewForm) -> Document | None:
    try:
        return library.create(http.user, form.draft()).document
    except DocumentError as refusal:
        blame(form, refusal)
        return None


@guarded
def document(http: PageRequest, pk: UUID) -> HttpResponse:
    found = library.find(http.user, pk)
    if http.method != "POST":
        return _page(http, found)
    now = contents.current(found)
    form = EditForm(http.user, http.POST)
    if form.is_valid():
        try:
            library.edit(http.user, pk, form.changes(typed=now.kind == DocumentVersion.Kind.TEXT))
        except (NoSuchDocument, NotTheOwner):
            raise
        except DocumentError as refusal:
            blame(form, refusal)
        else:
            messages.success(http, _("Your changes are stored."))
            return redirect("document", pk)
    return _page(http, found, form)


@changing
def upload(http: PageRequest, pk: UUID) -> HttpResponse:
    form = UploadForm(http.POST, http.FILES)
    if not form.is_valid():
        messages.error(http, _("Choose a file first."))
        return redirect("document", pk)
    library.edit(http.user, pk, Changes(content=read(form.cleaned_data["file"])))
    messages.success(http, _("The file is the current version now."))
    return redirect("document", pk)


@changing
def restore(http: PageRequest, pk: UUID, number: int) -> HttpResponse:
    restored = library.restore(http.user, pk, number)
    said = _("Version %(old)d is the current one again, as version %(new)d.")
    messages.success(http, said % {"old": number, "new": restored.version})
    return redirect("document", pk)


@changing
def delete(http: PageRequest, pk: UUID) -> HttpResponse:
    library.delete(http.user, pk)
    messages.success(http, _("The document is deleted."))
    return redirect("documents")


def blame(form: NewForm | EditForm, refusal: DocumentError) -> None:
    """At the field that is to blame, where the form has it."""
    name = refusal.pointer.removeprefix("/")
    form.add_error(name if name in form.fields else None, str(refusal))


def _list(http: PageRequest, form: NewForm) -> HttpResponse:
    """``before`` is the last document of the page before this one."""
    rows = Document.objects.visible_to(http.user).select_related("owner", "team").order_by("-id")
    before = _uuid(http.GET.get("before", ""))
    found = list((rows.filter(id__lt=before) if before else rows)[: PAGE + 1])
    shown, versions = found[:PAGE], contents.current_of(found[:PAGE])
    context = {
        "form": form,
        "rows": [{"document": row, "version": versions[row.pk]} for row in shown if row.pk in versions],
        "later": before,
        "older": shown[-1].pk if len(found) > PAGE else None,
    }
    return render(http, "documents/list.html", context, status=400 if form.errors else 200)


def _page(http: PageRequest, found: Document, form: EditForm | None = None) -> HttpResponse:
    versions = list(library.versions_for(http.user, found.pk).order_by("-number")[:PAGE])
    asked = _number(http.GET.get("version", ""))
    number = found.version if asked is None else asked
    version = library.find_version(http.user, found.pk, number)
    text = reading.known(version)
    mine, typed = found.owner_id == http.user.pk, version.kind == DocumentVersion.Kind.TEXT
    context: dict[str, Any] = {
        "document": found,
        "version": version,
        "versions": versions,
        "text": text,
        "around": _around(text, http.GET.get("from", ""), http.GET.get("to", "")),
        "mine": mine,
        "typed": typed,
        "old": version.number != found.version,
        "form": form or EditForm.of(http.user, found, text if typed else None),
    }
    return render(http, "documents/document.html", context, status=400 if form else 200)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _around(text: str | None, first: str, last: str) -> tuple[str, str, str] | None:
    """What stands before, in and behind a passage that somebody points to, by code points."""
    start, end = _number(first), _number(last)
    if text is None or start is None or end is None or not start < end <= len(text):
        return None
    return text[:start], text[start:end], text[end:]


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
