"""What every admin of ours stands on: unfold's dress where it is installed, Django's own where it is not."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import timedelta
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar
from uuid import UUID

from django import forms
from django.apps import apps
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import quote
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.moments import first_id_since

BULK = 100  # rows that one action may touch
NUL = "\x00"
RECENT = timedelta(days=30)  # how far back a search looks for what has no index

UNFOLD = apps.is_installed("unfold")

Row = TypeVar("Row", bound=Model)
Parent = TypeVar("Parent", bound=Model)

if TYPE_CHECKING:
    Dressed = admin.ModelAdmin
    DressedInline = admin.TabularInline
else:
    dress = import_module("unfold.admin" if UNFOLD else "django.contrib.admin")

    class Subscriptable:
        """The stubs know type parameters that Django's classes do not take."""

        def __class_getitem__(cls, _parameters: Any) -> type:
            return cls

    class Dressed(Subscriptable, dress.ModelAdmin):
        pass

    class DressedInline(Subscriptable, dress.TabularInline):
        pass


class LintelAdmin(Dressed[Row]):
    """Whatever stands in an address: it is answered, and asks about nothing that the page does not offer."""

    list_per_page = 50
    show_full_result_count = False
    linked_by: ClassVar[Sequence[str]] = ()
    """Fields, beside those of ``list_filter``, by which links of other pages narrow this list."""

    class Media:
        css = {"all": ["lintel/admin.css"]}

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Django allows any lookup on a table's own fields, so that ``?result__startswith=`` would spell texts out."""
        offered = {_parameter(each) for each in self.get_list_filter(request)} if request else set()
        offered |= {"id", "pk", self.date_hierarchy or "", *self.linked_by}
        named = any(lookup == name or lookup.startswith(f"{name}__") for name in offered if name)
        return named and super().lookup_allowed(lookup, value, request)  # type: ignore[arg-type]

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        if any(NUL in value for _name, values in request.GET.lists() for value in values):
            raise IncorrectLookupParameters  # PostgreSQL stores no NUL and refuses to look for one
        return super().get_changelist_instance(request)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Row | None:
        return None if NUL in object_id else super().get_object(request, object_id, from_field)

    def response_action(self, request: HttpRequest, queryset: QuerySet[Row], *where: Any) -> HttpResponse | None:
        if all(map(self._may_be_key, request.POST.getlist(ACTION_CHECKBOX_NAME))):
            return super().response_action(request, queryset, *where)
        self.message_user(request, _("Nothing of what was chosen exists."), messages.ERROR)
        return None

    def _may_be_key(self, text: str) -> bool:
        try:
            self.opts.pk.to_python(text)
        except ValidationError:
            return False
        return NUL not in text

    def ask_first(
        self, request: HttpRequest, rows: Iterable[Row], *, action: str, question: str, form: forms.Form | None = None
    ) -> HttpResponse | None:
        """The page that asks whether it is meant, or None once it was; an action touches a bounded number of rows."""
        chosen = list(rows)
        if len(chosen) > BULK:
            sentence = _("At most %(most)d can be chosen at once.") % {"most": BULK}
            self.message_user(request, sentence, messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())
        if "confirmed" in request.POST and (form is None or form.is_valid()):
            return None
        context = {
            **self.admin_site.each_context(request),
            "title": question,
            "opts": self.opts,
            "media": self.media,
            "rows": chosen,
            "form": form,
            "action": action,
            "checkbox": ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "accounts/admin/confirm.html", context)


class LookOnlyAdmin(LintelAdmin[Row]):
    """Rows that only the product writes."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:
        return False


class BoundedPaginator(Paginator):  # type: ignore[type-arg]  # takes no parameter at run time
    """Counts up to a bound; of what is more it takes the planner's estimate."""

    exact = 10_000

    @cached_property
    def count(self) -> int:
        rows: QuerySet[Any] = self.object_list.order_by()  # type: ignore[attr-defined]
        counted = rows[: self.exact + 1].count()
        if counted <= self.exact:
            return counted
        [plan] = json.loads(rows.explain(format="json"))
        return max(counted, int(plan["Plan"]["Plan Rows"]))


class LargeTableAdmin(LookOnlyAdmin[Row]):
    """Tables without an end: newest first by the primary key, whose UUIDs are in the order of time."""

    ordering = ["-pk"]
    sortable_by = ()
    paginator = BoundedPaginator
    search_key: ClassVar[str] = "pk"
    """Where a search looks for an id."""
    search_exactly: ClassVar[str] = ""
    """Where a search looks for what is no id."""

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Row], search_term: str
    ) -> tuple[QuerySet[Row], bool]:
        """One index each: an OR over several would read the whole table."""
        term = search_term.strip()
        if not term:
            return queryset, False
        named = self._named(queryset, term)
        recent = self.recently_named(term)
        if recent is None or named.exists():
            return named, False
        return queryset.filter(recent, pk__gte=first_recent_id()), False

    def recently_named(self, term: str) -> Q | None:
        """Where a search looks next, in columns without an index: among the newest rows alone."""
        return None

    def _named(self, queryset: QuerySet[Row], term: str) -> QuerySet[Row]:
        key = _uuid(term)
        if key is not None:
            return queryset.filter(**{self.search_key: key})
        return queryset.filter(**{self.search_exactly: term}) if self.search_exactly else queryset.none()


class LookOnlyInline(DressedInline[Row, Parent]):
    extra = 0
    can_delete = False
    hide_title = True  # unfold would repeat each row as a sentence

    def has_add_permission(self, request: HttpRequest, obj: Parent | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def _parameter(list_filter: Any) -> str:
    """The field, or the parameter, that an entry of ``list_filter`` is about."""
    if isinstance(list_filter, tuple | list):
        list_filter = list_filter[0]
    return str(getattr(list_filter, "parameter_name", list_filter))


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def first_recent_id() -> UUID:
    return first_id_since(timezone.now() - RECENT)


def link(path: str, text: object) -> SafeString:
    return format_html('<a href="{}" class="lintel-link">{}</a>', path, text)


def page_of(model: type[Model], key: object, text: object) -> SafeString:
    """A link to the page of one row."""
    return link(reverse(_route(model, "change"), args=[quote(str(key))]), text)


def list_of(model: type[Model], query: str, text: object) -> SafeString:
    """A link to a table's list, narrowed by a query string."""
    return link(f"{reverse(_route(model, 'changelist'))}?{query}", text)


def _route(model: type[Model], page: str) -> str:
    return f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}"


def table(headers: Sequence[object], rows: Sequence[Sequence[object]], *, notes: Sequence[object] = ()) -> SafeString:
    """Notes, then a table, for a read-only field. Where there are no rows only the notes stand there."""
    return render_to_string("accounts/admin/table.html", {"headers": headers, "rows": rows, "notes": notes})
