from __future__ import annotations

import pytest
from pytest_django.fixtures import Settings

from ai.models import LLMModel, ModelRoute


@pytest.fixture
def keyed(db: None, settings: Settings) -> Settings:
    settings.LINTEL_ANTHROPIC_API_KEY = "sk-ant-none"
    settings.LINTEL_OPENAI_API_KEY = "sk-none"
    return settings


@pytest.fixture
def default(db: None) -> ModelRoute:
    """The route of whatever names no other."""
    return ModelRoute.objects.get(action="default", quality_level=None, priority=None)


@pytest.fixture
def sonnet(db: None) -> LLMModel:
    return LLMModel.objects.get(name="claude-sonnet-5-5")
