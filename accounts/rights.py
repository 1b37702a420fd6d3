"""Who may do what, read together with the user: every page asks, and asking costs no query of its own."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Group
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, QuerySet, Value
from django.db.models.functions import Concat

from accounts.models import User

LABEL = Concat(F("permission__content_type__app_label"), Value("."), F("permission__codename"))


class RightsBackend(ModelBackend):
    """Django's, which asks twice for permissions: the user's own, and those of their groups."""

    def get_user(self, user_id: Any) -> User | None:
        user = _with_rights().filter(pk=user_id).first()
        return user if user and self.user_can_authenticate(user) else None

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        if obj is not None or not user_obj.is_active or user_obj.is_anonymous or user_obj.is_superuser:
            return super().get_all_permissions(user_obj, obj)
        if not hasattr(user_obj, "own_rights"):  # came by a token, or was made just now
            user_obj.own_rights, user_obj.group_rights = (
                _with_rights().values_list("own_rights", "group_rights").get(pk=user_obj.pk)
            )
        return {*user_obj.own_rights, *user_obj.group_rights}


def _with_rights() -> QuerySet[Any]:
    own = User.user_permissions.through.objects.filter(user=OuterRef("pk"))
    groups = Group.permissions.through.objects.filter(group__user=OuterRef("pk"))
    return User.objects.annotate(own_rights=_labels(own), group_rights=_labels(groups))


def _labels(rows: QuerySet[Any]) -> ArraySubquery:
    return ArraySubquery(rows.annotate(label=LABEL).values("label"))
