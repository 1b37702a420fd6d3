from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from ai.errors import ConfigurationError
from ai.pricing import cost_of
from ai.routing import answerers
from ai.routing.checks import check_catalogue
from ai.routing.file import from_file
from ai.routing.snapshot import QualityLevel
from ai.types import ModelSpec, ProviderSpec, Usage

SMALL_CATALOGUE = """
providers:
  fake: {kind: openai, base_url: "http://127.0.0.1:9/v1"}
models:
  small: {provider: fake, context_window: 100, max_output_tokens: 50}
  large:
    provider: fake
    context_window: 100
    max_output_tokens: 50
    prices:
      - {input: 0.2, output: 2, cache_read: 0, cache_write: 0}
      - {from: 2026-05-01, input: 0.1, output: 1, cache_read: 0, cache_write: 0}
sizes:
  big: [large, small]
  little: [small]
routes:
  default: {balanced: big, fast: little}
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


def model_for(action: str, priority: str = "balanced", level: int | None = None) -> tuple[ModelSpec, ...]:
    return answerers.model_for(action, priority=priority, level=level, catalogue=from_file())


def names(action: str, priority: str = "balanced", level: int | None = None) -> list[str]:
    return [spec.name for spec in model_for(action, priority, level)]


def models() -> tuple[ModelSpec, ...]:
    return answerers.models(from_file())


def model(name: str) -> ModelSpec:
    return answerers.model(name, from_file())


def available_providers() -> tuple[ProviderSpec, ...]:
    return answerers.available_providers(from_file())


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
    assert names("classification") == ["gpt-6-luna"]
    assert names("analysis") == ["gpt-6.1-sol", "gpt-6.1-terra"]


def test_one_vendor_leads_and_the_others_stand_by(keyed: Settings) -> None:
    keyed.LINTEL_ANTHROPIC_API_KEY = "sk-ant-none"
    assert names("classification") == ["claude-haiku-5-5", "gpt-6-luna"]
    keyed.LINTEL_OPENROUTER_API_KEY = "sk-or-none"
    assert names("anything")[:3] == ["claude-sonnet-5-5", "gpt-6.1-terra", "anthropic/claude-sonnet-5.5"]


def test_fixed_address_waits_for_its_key(settings: Settings) -> None:
    settings.LINTEL_OPENROUTER_API_KEY = "sk-or-none"
    (provider,) = available_providers()
    assert (provider.name, provider.base_url) == ("openrouter", "https://openrouter.ai/api/v1")


def test_address_of_the_installation_goes_first(settings: Settings) -> None:
    settings.LINTEL_OPENAI_BASE_URL = "http://127.0.0.1:9/v1"
    assert model_for("anything")[0].provider.base_url == "http://127.0.0.1:9/v1"


def test_every_shipped_model_has_a_price_and_room_to_think(keyed: Settings) -> None:
    for spec in models():
        assert cost_of(Usage(input_tokens=1, output_tokens=1), spec) is not None, spec.name
        always_thinks = spec.reasoning_effort == "low" or "opus" in spec.name
        assert bool(spec.thought_tokens) is always_thinks, spec.name


def test_priority_chooses_the_size(keyed: Settings) -> None:
    assert names("classification", "quality")[0] == "gpt-6.1-terra"
    assert names("classification", "fast") == names("classification")


def test_unrouted_actions_take_the_middle_model(keyed: Settings) -> None:
    assert names("anything")[0] == "gpt-6.1-terra"


def test_levels_have_routes_of_their_own(keyed: Settings) -> None:
    assert names("anything", level=QualityLevel.ECONOMY)[0] == "gpt-6-luna"
    assert names("anything", level=QualityLevel.BALANCED)[0] == "gpt-6.1-terra"
    assert names("anything", level=QualityLevel.PREMIUM)[0] == "gpt-6.1-sol"
    assert names("anything", "fast", QualityLevel.PREMIUM)[0] == "gpt-6.1-terra"
    assert names("analysis", level=QualityLevel.ECONOMY)[0] == "gpt-6.1-terra"


def test_tiers_have_levels() -> None:
    catalogue = from_file()
    assert [catalogue.level_of(tier) for tier in ("freemium", "pro", "premium", "", "unheard-of")] == [2, 5, 8, 5, 5]


def test_another_catalogue(catalogue: Path) -> None:
    assert names("anything") == ["large", "small"]
    assert [spec.name for spec in models()] == ["small", "large"]
    first, then = model("large").prices
    assert (first.since, str(first.input)) == (None, "0.2")
    assert (then.since, str(then.input)) == (date(2026, 5, 1), "0.1")


def test_changed_file_is_read_again(catalogue: Path) -> None:
    assert names("anything", "fast") == ["small"]
    catalogue.write_text(SMALL_CATALOGUE.replace("little: [small]", "little: [large, small]"))
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
        ("little: [small]", "little: [tiny]", "sizes.little.0: there is no model 'tiny'"),
        ("fast: little", "fast: tiny", "routes.default.fast: there is no size 'tiny'"),
        ("fast: little", "levels: {'10': {balanced: big}}", "routes.default.levels.10"),
        (
            "fast: little",
            "levels: {'1': {balanced: tiny}}",
            "routes.default.levels.1.balanced: there is no size 'tiny'",
        ),
        ("little: [small]", "little: [{small: -1}]", "sizes.little.0"),
        ("little: [small]", "little: [{tiny: 1}]", "sizes.little.0: there is no model 'tiny'"),
        ("kind: openai", "kind: openai, api_key_setting: SECRET_KEY", "providers.fake.api_key_setting"),
        ("kind: openai", "kind: openai, base_url_setting: BROKER_URL", "providers.fake.base_url_setting"),
        ("from: 2026-05-01, ", "", "models.large.prices: "),
        ("from: 2026-05-01", "from: May", "models.large.prices.1.from"),
        ("little: [small]", "little: []", "sizes.little"),
        ("  default:", "  other:", "routes.default: missing"),
        ("  large:", "  small:", ":6: the key small is there twice"),
        ("  little: [small]", "  ? [a]\n  : [small]", "keys must be text"),
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
        ("kind: openai", "kind: openai, api_key_setting: NO_API_KEY", "providers.fake.api_key_setting"),
    ],
)
def test_names_outside_the_file_are_checked(catalogue: Path, was: str, becomes: str, where: str) -> None:
    catalogue.write_text(SMALL_CATALOGUE.replace(was, becomes, 1))
    assert where in check_catalogue()[0].msg
