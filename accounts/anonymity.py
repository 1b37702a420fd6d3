"""Users are anonymised, never deleted: requests and costs keep pointing to them."""

from __future__ import annotations

from django.db import transaction

from accounts.models import ApiToken, Team, User


@transaction.atomic
def anonymise(user: User) -> None:
    """Forget who it was and end all access. A changed password ends every session."""
    user.username = f"anonymous-{user.pk}"
    user.first_name = user.last_name = user.email = ""
    user.is_active = user.is_staff = user.is_superuser = False
    user.set_unusable_password()
    user.save()
    user.groups.clear()
    user.user_permissions.clear()
    ApiToken.objects.filter(user=user).delete()
    Team.objects.filter(personal_of=user).update(name=user.username)
