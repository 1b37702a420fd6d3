"""Models of an installation's own, by two settings."""

from __future__ import annotations

import pytest
from pytest_django.fixtures import Settings

from ai.routing import answerers
from ai.routing.checks import check_catalogue
from ai.routing.file import from_file
from ai.tokens import answer_limit
from ai.types import Message, ModelSpec


@pytest.fixture(autouse=True)
def ollama(settings: Settings) -> Settings:
    settings.LINTEL_OPENAI_BASE_URL = "http://127.0.0.1:11434/v1"
    settings.LINTEL_ANTHROPIC_API_KEY = "sk-ant-none"
    settings.LINTEL_MODELS = ["qwen3:4b"]
    return settings


def model_for(action: str, priority: str = "balanced") -> tuple[ModelSpec, ...]:
    return answerers.model_for(action, priority=priority, catalogue=from_file())


def names(action: str, priority: str = "balanced") -> list[str]:
    return [spec.name for spec in model_for(action, priority)]


def models() -> tuple[ModelSpec, ...]:
    return answerers.models(from_file())


def model(name: str) -> ModelSpec:
    return answerers.model(name, from_file())


def test_one_name_answers_everything_alone() -> None:
    assert names("anything") == names("classification") == names("analysis", "fast") == ["qwen3:4b"]
    assert check_catalogue() == []


def test_own_model_is_known_by_its_name() -> None:
    spec = model("qwen3:4b")
    assert (spec.provider.name, spec.context_window) == ("openai", 8192)
    assert spec in models()


def test_its_thoughts_have_room() -> None:
    assert answer_limit(60, [Message(role="user", content="Hi")], model("qwen3:4b")) > 60


def test_names_go_by_size_and_the_rest_is_as_it_was(ollama: Settings) -> None:
    ollama.LINTEL_MODELS = ["small=qwen3:1.7b"]
    assert names("classification") == ["qwen3:1.7b"]
    assert names("anything")[0] == "claude-sonnet-5-5"


def test_several_stand_by_for_each_other(ollama: Settings) -> None:
    ollama.LINTEL_MODELS = ["one", "two", "small=tiny"]
    assert names("anything") == ["one", "two"]
    assert names("classification") == ["tiny"]


def test_names_of_the_catalogue_keep_their_provider(ollama: Settings) -> None:
    ollama.LINTEL_MODELS = ["claude-haiku-5-5"]
    (spec,) = model_for("analysis")
    assert spec.provider.name == "anthropic"


def test_names_of_providers_that_are_not_there_are_asked_of_the_own_server(ollama: Settings) -> None:
    ollama.LINTEL_ANTHROPIC_API_KEY = None
    ollama.LINTEL_MODELS = ["claude-haiku-5-5"]
    (spec,) = model_for("analysis")
    assert (spec.provider.name, spec.provider.base_url) == ("openai", "http://127.0.0.1:11434/v1")


def test_window_is_a_setting(ollama: Settings) -> None:
    ollama.LINTEL_CONTEXT_WINDOW = 40_000
    assert model("qwen3:4b").context_window == 40_000


def test_unknown_size_is_named(ollama: Settings) -> None:
    ollama.LINTEL_MODELS = ["medium=qwen3:4b"]
    (fault,) = check_catalogue()
    assert "'medium'; there are small, middle, large" in fault.msg
