"""Which answers cite a document: of one person's own, for nobody else may know of them."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from accounts.models import User
from ai.rag.viewing import viewing
from requests_app.models import AIRequest, Citation, RequestSource, Status
from requests_app.pages.rows import Row, rows_of, with_excerpts
from requests_app.sources import viewer_of

MOST = 20


def newest_citing(user: User, document: UUID) -> list[Row]:
    """The newest, at most MOST. ``document`` is the index's; of one that they may not see there are none."""
    viewer = viewer_of(user.pk)
    with viewing(subject=viewer.subject, scopes=viewer.scopes):
        return rows_of(with_excerpts(citing(user, document)).order_by("-created", "-id")[:MOST])


def citing(user: User, document: UUID) -> QuerySet[AIRequest]:
    """To be read under the user's view, which shows the passages."""
    named = Citation.objects.filter(request=OuterRef("request"), key=OuterRef("key"))
    given = RequestSource.objects.filter(Exists(named), request=OuterRef("pk"), chunk__knowledge_document=document)
    return AIRequest.objects.owned_by(user).filter(Exists(given), status=Status.DONE)
