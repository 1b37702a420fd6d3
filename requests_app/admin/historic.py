"""Tables of which every change is kept, with who made it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from django.contrib.admin.utils import unquote
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from simple_history.admin import SimpleHistoryAdmin

from accounts.admin.base import LintelAdmin

DIGITS = 19  # of what a bigint holds, at least

Row = TypeVar("Row", bound=Model)

if TYPE_CHECKING:
    Historic = LintelAdmin
else:

    class Historic(SimpleHistoryAdmin, LintelAdmin):
        pass


class HistoricAdmin(Historic[Row]):
    """Rows are never deleted: their history would tell of nothing."""

    def has_delete_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:
        return False

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        self._or_404(request, object_id)
        return super().history_view(request, object_id, extra_context)

    def history_form_view(self, request: HttpRequest, object_id: str, version_id: str) -> HttpResponse:
        self._or_404(request, object_id)
        if not (version_id.isdecimal() and len(version_id) < DIGITS):
            raise Http404
        answer: HttpResponse = super().history_form_view(request, object_id, version_id)  # type: ignore[misc]
        return answer

    def _or_404(self, request: HttpRequest, object_id: str) -> None:
        """The library asks the database for whatever stands in the address."""
        if self.get_object(request, unquote(object_id)) is None:
            raise Http404
