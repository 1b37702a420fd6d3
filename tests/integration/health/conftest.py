from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connections
from pytest_django.plugin import DjangoDbBlocker


@pytest.fixture
def no_database(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Nobody listens where the database should be."""
    default = connections["default"]
    port = default.settings_dict["PORT"]
    with django_db_blocker.unblock():
        default.close()
        default.settings_dict["PORT"] = "1"
        yield
        default.close()
        default.settings_dict["PORT"] = port
