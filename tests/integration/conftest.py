from __future__ import annotations

import pytest
from pytest_django import Settings


@pytest.fixture(autouse=True)
def model(settings: Settings) -> str:
    """A model that requests may be accepted for; nothing here calls it. Its name is returned."""
    settings.LINTEL_EMBEDDED_MODEL_URL = "http://127.0.0.1:9/v1"
    return "smollm2-135m-instruct"
