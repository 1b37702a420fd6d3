from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest
from django.db import connections
from pytest_django import Settings
from pytest_django.plugin import DjangoDbBlocker

from requests_app import waiting


@pytest.fixture(autouse=True)
def model(settings: Settings) -> str:
    """A model that requests may be accepted for; nothing here calls it. Its name is returned."""
    settings.LINTEL_EMBEDDED_MODEL_URL = "http://127.0.0.1:9/v1"
    return "smollm2-135m-instruct"


seconds = count()


@pytest.fixture(autouse=True)
def swift_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is remembered for a second is forgotten at once."""
    monkeypatch.setattr(waiting, "monotonic", seconds.__next__)


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
