from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.utils import ProgrammingError
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from ai.models import CatalogueVersion, LLMModel, LLMProvider, ModelRoute, TierQualityMapping
from ai.routing import catalogue_at, current, model_for
from ai.routing.tables import editing

pytestmark = pytest.mark.django_db

SCOPES: list[tuple[int | None, str | None]] = [(2, "fast"), (2, None), (None, "fast"), (None, None)]
TIERS = [{"claude-haiku-5-5": 1}]


def route(level: int | None, priority: str | None, **more: Any) -> ModelRoute:
    return ModelRoute.objects.create(action="greet", quality_level=level, priority=priority, tiers=TIERS, **more)


def refused(make: Any) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        make()


@pytest.mark.parametrize("scope", SCOPES, ids=str)
def test_no_scope_has_two_routes(scope: tuple[int | None, str | None]) -> None:
    for each in SCOPES:
        route(*each)
    refused(lambda: route(*scope))
    refused(lambda: route(*scope, enabled=False))


@pytest.mark.parametrize(("level", "priority"), [(0, None), (10, None), (None, "cheap"), (None, "")])
def test_no_scope_is_outside_the_scale(level: int | None, priority: str | None) -> None:
    refused(lambda: route(level, priority))


@pytest.mark.parametrize("name", ["SECRET_KEY", "sk-ant-abc", "anthropic_api_key", "DATABASES"])
def test_a_key_is_the_name_of_a_setting(name: str) -> None:
    refused(lambda: LLMProvider.objects.create(name="x", kind="openai", api_key_setting=name))
    refused(lambda: LLMProvider.objects.create(name="x", kind="openai", base_url_setting=name))


def test_a_level_is_between_one_and_nine() -> None:
    refused(lambda: TierQualityMapping.objects.create(tier="gold", quality_level=10))


def test_every_change_makes_a_version(default: ModelRoute) -> None:
    before = current().version or 0
    default.size = ""
    with editing("carol"):
        default.save()
    made = CatalogueVersion.objects.latest("number")
    assert made.number > before
    assert made.by == "carol"
    assert [row["size"] for row in made.content["routes"] if row["id"] == str(default.pk)] == [""]


def test_what_changes_nothing_makes_none(default: ModelRoute) -> None:
    before = current().version
    default.save()
    ModelRoute.objects.filter(action="nobody's").update(size="x")
    assert current().version == before


@pytest.mark.parametrize(
    "statement", ["UPDATE ai_catalogueversion SET content = '{}'", "DELETE FROM ai_catalogueversion"]
)
def test_versions_stay(statement: str) -> None:
    with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_the_catalogue_of_now_costs_one_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    current()
    with django_assert_num_queries(1):
        assert current().version is not None


def test_an_edit_holds_at_once(keyed: Settings, default: ModelRoute) -> None:
    default.tiers = [{"gpt-6-luna": 1}]
    default.save()
    assert [spec.name for spec in model_for("anything")] == ["gpt-6-luna"]


def test_an_earlier_version_stays_as_it_was(keyed: Settings, default: ModelRoute, sonnet: LLMModel) -> None:
    before = current()
    sonnet.context_window = 7
    sonnet.save()
    assert catalogue_at(before.version).models[sonnet.name].context_window == 1_000_000
    assert current().models[sonnet.name].context_window == 7


def test_what_is_turned_off_is_not_asked(keyed: Settings, default: ModelRoute, sonnet: LLMModel) -> None:
    LLMModel.objects.filter(pk=sonnet.pk).update(enabled=False)
    assert model_for("anything")[0].name == "gpt-6.1-terra"
    LLMProvider.objects.filter(name="openai").update(enabled=False)
    assert [spec.name for spec in model_for("anything")] == ["claude-haiku-5-5"]
    ModelRoute.objects.filter(pk=default.pk).update(enabled=False)
    assert model_for("anything") == ()


def test_without_rows_the_file_counts(keyed: Settings) -> None:
    wanted = model_for("classification", priority="quality")
    for table in (ModelRoute, LLMModel, LLMProvider, TierQualityMapping):
        table.objects.all().delete()
    assert current().version is None
    assert model_for("classification", priority="quality") == wanted


def test_nonsense_written_by_sql_is_left_out(keyed: Settings, default: ModelRoute, sonnet: LLMModel) -> None:
    LLMModel.objects.filter(pk=sonnet.pk).update(prices=[{"input": "free"}])
    ModelRoute.objects.filter(action="analysis", quality_level=None, priority=None).update(tiers=["gpt-6-luna"])
    assert sonnet.name not in current().models
    assert current().route(["analysis"], level=None, priority=None) == current().route([], level=None, priority=None)


ELSEWHERE = "https://models.example.org/v1"


def elsewhere() -> LLMProvider:
    return LLMProvider(name="mallory", kind="openai", base_url=ELSEWHERE, api_key_setting="LINTEL_OPENAI_API_KEY")


def test_keys_go_to_no_address_that_is_not_allowed(keyed: Settings) -> None:
    with pytest.raises(ValidationError, match="LINTEL_BASE_URLS"):
        elsewhere().full_clean()
    elsewhere().save()
    assert "mallory" not in current().providers


def test_an_address_of_the_settings_is_allowed(keyed: Settings) -> None:
    keyed.LINTEL_BASE_URLS = [ELSEWHERE]
    elsewhere().full_clean()
    elsewhere().save()
    assert current().providers["mallory"].base_url == ELSEWHERE


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "pigeon"}, "kind"),
        ({"api_key_setting": "NO_SUCH_API_KEY"}, "api_key_setting"),
        ({"base_url_setting": "NO_SUCH_BASE_URL"}, "base_url_setting"),
    ],
)
def test_wrong_provider_is_refused_by_field(changes: dict[str, str], field: str) -> None:
    row = LLMProvider.objects.get(name="openai")
    for name, value in changes.items():
        setattr(row, name, value)
    with pytest.raises(ValidationError) as wrong:
        row.full_clean()
    assert list(wrong.value.message_dict) == [field]


@pytest.mark.parametrize(
    "prices",
    [
        {"input": 1},
        [{"input": 1}],
        [{"input": -1, "output": 1, "cache_read": 0, "cache_write": 0}],
        [{"input": 1, "output": 1, "cache_read": 0, "cache_write": 0}] * 2,
    ],
    ids=str,
)
def test_wrong_prices_are_refused(sonnet: LLMModel, prices: Any) -> None:
    sonnet.prices = prices
    with pytest.raises(ValidationError) as wrong:
        sonnet.full_clean()
    assert list(wrong.value.message_dict) == ["prices"]


@pytest.mark.parametrize("tiers", [[], {}, ["gpt-6-luna"], [{}], [{"gpt-6-luna": -1}], [{"no-such-model": 1}]], ids=str)
def test_wrong_tiers_are_refused(default: ModelRoute, tiers: Any) -> None:
    default.tiers = tiers
    with pytest.raises(ValidationError) as wrong:
        default.full_clean()
    assert list(wrong.value.message_dict) == ["tiers"]
