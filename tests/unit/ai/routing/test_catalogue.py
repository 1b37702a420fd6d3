from __future__ import annotations

from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from ai.errors import ConfigurationError
from ai.routing import available_providers, model, model_for, models
from ai.routing.checks import check_catalogue

SMALL_CATALOGUE = """
providers:
  fake: {kind: openai, base_url: "http://127.0.0.1:9/v1"}
models:
  small: {provider: fake, context_window: 100, max_output_tokens: 50}
  large:
    provider: fake
    context_window: 100
    max_output_tokens: 50
    price: {input: 0.1, output: 1, cache_read: 0, cache_write: 0}
routes:
  default: {balanced: [large, small], fast: [small]}
"""


@pytest.fixture
def keyed(settings: Settings) -> Settings:
    settings.LINTEL_OPENAI_API_KEY = "sk-none"
    settings.LINTEL_EMBEDDED_MODEL_URL = "http://127.0.0.1:9/v1"
    return settings


@pytest.fixture
def catalogue(settings: Settings, tmp_path: Path) -> Path:
    path = tmp_path / "catalogue.yaml"
    path.write_text(SMALL_CATALOGUE)
    settings.LINTEL_CATALOGUE = path
    return path


def names(action: str, priority: str = "balanced") -> list[str]:
    return [spec.name for spec in model_for(action, priority=priority)]


def test_shipped_catalogue_passes_its_checks() -> None:
    assert check_catalogue() == []


def test_without_keys_nothing_answers() -> None:
    assert names("classification") == []
    assert available_providers() == ()


def test_embedded_model_answers_where_nothing_else_does(settings: Settings) -> None:
    settings.LINTEL_EMBEDDED_MODEL_URL = "http://127.0.0.1:9/v1"
    (spec,) = model_for("classification")
    assert spec.name == "smollm2-135m-instruct"
    assert spec.provider.demonstration
    assert spec.provider.base_url == "http://127.0.0.1:9/v1"


def test_embedded_model_steps_back_for_real_ones(keyed: Settings) -> None:
    assert names("classification") == ["gpt-6-luna", "gpt-6.1-terra"]
    assert names("analysis")[0] == "gpt-6.1-sol"


def test_priority_chooses_the_list(keyed: Settings) -> None:
    assert names("classification", "quality")[0] == "gpt-6.1-terra"
    assert names("classification", "fast") == names("classification")


def test_unrouted_actions_take_the_middle_model(keyed: Settings) -> None:
    assert names("anything")[0] == "gpt-6.1-terra"


def test_another_catalogue(catalogue: Path) -> None:
    assert names("anything") == ["large", "small"]
    assert [spec.name for spec in models()] == ["small", "large"]
    price = model("large").price
    assert price is not None
    assert str(price.input) == "0.1"


def test_changed_file_is_read_again(catalogue: Path) -> None:
    assert names("anything", "fast") == ["small"]
    catalogue.write_text(SMALL_CATALOGUE.replace("fast: [small]", "fast: [large, small]"))
    assert names("anything", "fast") == ["large", "small"]


def test_unknown_model_is_named(catalogue: Path) -> None:
    with pytest.raises(ConfigurationError, match="'tiny'"):
        model("tiny")


@pytest.mark.parametrize(
    ("was", "becomes", "where"),
    [
        ("context_window: 100", "context_window: many", ":5: models.small.context_window"),
        ("kind: openai", "kind: openai, colour: red", "providers.fake.colour"),
        ("provider: fake", "provider: real", "models.small.provider: there is no provider 'real'"),
        ("fast: [small]", "fast: [tiny]", "routes.default.fast.0: there is no model 'tiny'"),
        ("fast: [small]", "fast: []", "routes.default.fast"),
        ("  default:", "  other:", "routes.default: missing"),
        ("  large:", "  small:", ":6: the key small is there twice"),
        ("fast: [small]", "? [a]\n    : [small]", "keys must be text"),
        ("routes:", "routes: [", "catalogue.yaml"),
    ],
)
def test_faults_name_file_and_key(catalogue: Path, was: str, becomes: str, where: str) -> None:
    catalogue.write_text(SMALL_CATALOGUE.replace(was, becomes, 1))
    messages = [message.msg for message in check_catalogue()]
    assert any(where in message for message in messages), messages
    assert str(catalogue) in messages[0]


def test_a_file_in_another_encoding_is_named(catalogue: Path) -> None:
    catalogue.write_bytes(b"providers: {}\nmodels: \xff")
    assert [message.msg for message in check_catalogue()] == [f"{catalogue}:2: not UTF-8"]


def test_missing_file_is_named(settings: Settings, tmp_path: Path) -> None:
    settings.LINTEL_CATALOGUE = tmp_path / "none.yaml"
    assert "none.yaml" in check_catalogue()[0].msg


@pytest.mark.parametrize(
    ("was", "becomes", "where"),
    [
        ("kind: openai", "kind: carrier-pigeon", "providers.fake.kind"),
        ("kind: openai", "kind: openai, api_key_setting: NO_KEY", "providers.fake.api_key_setting"),
    ],
)
def test_names_outside_the_file_are_checked(catalogue: Path, was: str, becomes: str, where: str) -> None:
    catalogue.write_text(SMALL_CATALOGUE.replace(was, becomes, 1))
    assert where in check_catalogue()[0].msg
