"""The gate: what is wrong with routes, prices and fallbacks is named, and ends with 1."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from ai.models import LLMModel, LLMProvider, ModelRoute

pytestmark = pytest.mark.django_db


def found(capsys: pytest.CaptureFixture[str]) -> list[str]:
    with pytest.raises(CommandError) as failed:
        call_command("check_ai_config")
    assert failed.value.returncode == 1
    return capsys.readouterr().out.splitlines()


@pytest.mark.parametrize("arguments", [[], ["--file"]])
def test_the_shipped_catalogue_is_sound(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    call_command("check_ai_config", *arguments)
    assert capsys.readouterr().out == "Every prompt would be answered.\n"


def no_catch_all() -> None:
    ModelRoute.objects.filter(action="default", quality_level=None, priority=None).update(enabled=False)


def no_price() -> None:
    LLMProvider.objects.filter(name="anthropic").update(price_source="nobody")


def turned_off() -> None:
    LLMModel.objects.filter(name="gpt-6-luna").update(enabled=False)


def no_schema() -> None:
    LLMModel.objects.filter(name="gpt-6-luna").update(capabilities=[])


def short_answers() -> None:
    LLMModel.objects.filter(name="gpt-6.1-terra").update(max_output_tokens=3999)


def small_window() -> None:
    LLMModel.objects.filter(name="gpt-6.1-sol").update(context_window=4001)


def no_traffic() -> None:
    ModelRoute.objects.create(action="greet", tiers=[{"gpt-6-luna": 0}])


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (no_catch_all, "Prompt document_summary has no route for any level and priority."),
        (no_price, "Model claude-opus-5-5 has no price; give it one, or say that none is known (unpriced)."),
        (turned_off, "Route classification (any) names gpt-6-luna, which is turned off or not there."),
        (no_schema, "Prompt ticket_classify needs json_schema, which gpt-6-luna cannot do."),
        (
            short_answers,
            "Prompt contract_analysis needs 4000 tokens of output, and gpt-6.1-terra writes at most 3999.",
        ),
        (small_window, "has room for 1."),
        (no_traffic, "Route greet (any) gives no model any traffic."),
    ],
)
def test_findings(damage: Callable[[], None], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    damage()
    assert any(sentence in line for line in found(capsys))


def test_a_price_that_is_meant_to_be_unknown_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    no_price()
    LLMModel.objects.filter(provider__name="anthropic").update(unpriced=True)
    call_command("check_ai_config")


def test_prices_say_source_and_day(capsys: pytest.CaptureFixture[str], settings: Settings) -> None:
    rates = {"output": "1.50", "cache_read": "0", "cache_write": "0"}
    prices = [{"input": "0.5", **rates}, {"from": "2026-02-01", "input": "0.25", **rates}]
    LLMModel.objects.filter(name="gpt-6-luna").update(prices=prices)
    LLMModel.objects.filter(name="gpt-6.1-sol").update(unpriced=True)
    call_command("prices")
    head, *lines = capsys.readouterr().out.splitlines()
    cells = {line.split()[0]: line.split() for line in lines}
    assert head.split() == ["model", "provider", "input", "output", "cache_read", "cache_write", "source", "since"]
    assert cells["gpt-6-luna"] == ["gpt-6-luna", "openai", "0.25", "1.5", "0", "0", "catalogue", "2026-02-01"]
    assert cells["claude-sonnet-5-5"][6] == "genai-prices"
    assert cells["gpt-6.1-sol"][2:] == ["-", "-", "-", "-", "none,", "as", "is", "meant", "-"]
    assert len(lines) == LLMModel.objects.count()
