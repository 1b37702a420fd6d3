"""A production that nobody can answer fails its check."""

from __future__ import annotations

import pytest
from pytest_django.fixtures import Settings

from ai.routing.checks import check_answerers


def ids() -> list[str | None]:
    return [message.id for message in check_answerers()]


@pytest.fixture
def production(settings: Settings) -> Settings:
    settings.LINTEL_DEMO = False
    return settings


def test_nobody_is_an_error(production: Settings) -> None:
    assert ids() == ["ai.E104"]


def test_a_demonstration_comes_up_without() -> None:
    assert ids() == []


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("LINTEL_ANTHROPIC_API_KEY", "sk-ant-none"),
        ("LINTEL_ANTHROPIC_BASE_URL", "http://127.0.0.1:9"),
        ("LINTEL_OPENAI_API_KEY", "sk-none"),
        ("LINTEL_OPENROUTER_API_KEY", "sk-or-none"),
        ("LINTEL_EMBEDDED_MODEL_URL", "http://127.0.0.1:9/v1"),
    ],
)
def test_any_provider_will_do(production: Settings, setting: str, value: str) -> None:
    setattr(production, setting, value)
    assert ids() == []


def test_size_that_nobody_answers_is_named(production: Settings) -> None:
    production.LINTEL_ANTHROPIC_API_KEY = "sk-ant-none"
    production.LINTEL_MODELS = ["large=gpt-6.1-sol"]
    (fault,) = check_answerers()
    assert (fault.id, "large" in fault.msg) == ("ai.E105", True)
