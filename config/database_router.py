"""Schema changes belong to the owner's alias; everything else uses the application role."""

from typing import Any

from django.conf import settings


class OwnerMigrates:
    """Let only the alias ``owner`` migrate, where there is one."""

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool | None:
        return db == "owner" if "owner" in settings.DATABASES else None
