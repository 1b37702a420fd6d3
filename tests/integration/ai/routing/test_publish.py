"""What a release brings, and what it leaves alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from ai.fingerprint import fingerprint
from ai.models import CatalogueVersion, LLMModel, LLMProvider, ModelRoute, TierQualityMapping
from ai.routing import current
from ai.routing.entries import ModelEntry, ProviderEntry
from ai.routing.file import from_file
from ai.routing.publish import publish

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(settings: Settings, tmp_path: Path) -> Path:
    """A copy of the product's, to write other releases in."""
    path = tmp_path / "catalogue.yaml"
    path.write_text(Path(settings.LINTEL_CATALOGUE).read_text())
    settings.LINTEL_CATALOGUE = path
    return path


def release(file: Path, was: str, becomes: str) -> list[str]:
    text = file.read_text()
    assert was in text
    file.write_text(text.replace(was, becomes, 1))
    return [str(change) for change in publish()]


def test_tables_are_what_the_file_is() -> None:
    stored, file = current(), from_file()
    assert stored.version is not None
    assert (stored.providers, stored.models, stored.levels) == (file.providers, file.models, file.levels)
    assert stored.routes == file.routes


def test_whatever_the_file_may_say_has_a_column() -> None:
    assert set(ProviderEntry.model_fields) <= set(LLMProvider.CONTENT)
    assert set(ModelEntry.model_fields) - {"provider"} <= set(LLMModel.CONTENT)


def test_a_new_column_makes_no_row_an_edited_one() -> None:
    row = LLMProvider(name="x", kind="openai")
    row.mark()
    assert row.fingerprint == fingerprint({"kind": "openai"})


def test_limits_are_kept(file: Path) -> None:
    limits = "requests_per_minute: 60\n    tokens_per_minute: 9000\n"
    release(file, "    kind: anthropic\n", f"    kind: anthropic\n    {limits}")
    release(file, "  gpt-6-luna:\n", f"  gpt-6-luna:\n    {limits}")
    assert publish() == []
    stored = current()
    for limited in (stored.providers["anthropic"], stored.models["gpt-6-luna"]):
        assert (limited.requests_per_minute, limited.tokens_per_minute) == (60, 9000)


def test_again_changes_nothing(file: Path) -> None:
    before = current().version
    assert publish() == []
    assert current().version == before


def test_untouched_rows_follow_the_release(file: Path) -> None:
    assert release(file, "    cache_from_tokens: 512\n", "    cache_from_tokens: 256\n") == [
        "changed model claude-haiku-5-5"
    ]
    assert current().models["claude-haiku-5-5"].cache_from_tokens == 256
    assert publish() == []


def test_edited_rows_stay(file: Path, sonnet: LLMModel) -> None:
    LLMModel.objects.filter(name="claude-haiku-5-5").update(context_window=9)
    done = release(file, "    cache_from_tokens: 512\n", "    cache_from_tokens: 256\n")
    assert done == ["kept model claude-haiku-5-5"]
    assert (current().models["claude-haiku-5-5"].context_window) == 9
    LLMModel.objects.filter(name="claude-haiku-5-5").update(context_window=1_000_000, cache_from_tokens=256)
    publish()  # what a person made equal to the file follows it again
    assert LLMModel.objects.get(name="claude-haiku-5-5").untouched


def test_dropped_rows_go_unless_they_were_edited(file: Path) -> None:
    TierQualityMapping.objects.filter(tier="pro").update(quality_level=6)
    done = release(file, "tiers: {freemium: 2, pro: 5, premium: 8}", "tiers: {premium: 8}")
    assert done == ["removed tier freemium"]
    assert set(current().levels) == {"pro", "premium"}


def test_rows_of_people_are_left_alone(file: Path) -> None:
    ModelRoute.objects.create(action="greet", tiers=[{"gpt-6-luna": 1}])
    assert publish() == []


def test_edited_model_keeps_its_provider(file: Path) -> None:
    LLMModel.objects.filter(name="smollm2-135m-instruct").update(enabled=False)
    text = file.read_text().replace("    - smollm2-135m-instruct\n", "")
    before, rest = text.split("  embedded:\n")
    text = before + rest[rest.index("models:") :]
    start = text.index("  smollm2-135m-instruct:")
    file.write_text(text[:start] + text[text.index("# For each size") :])
    publish()
    assert LLMProvider.objects.filter(name="embedded").exists()


def test_dry_run_only_says(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(file.read_text().replace("premium: 8", "premium: 9"))
    before = current().version
    call_command("init_ai_config", "--dry-run")
    assert capsys.readouterr().out.splitlines() == ["changed tier premium", "Nothing was written."]
    assert current().version == before
    call_command("init_ai_config")
    assert current().levels["premium"] == 9
    call_command("init_ai_config")
    assert capsys.readouterr().out.splitlines()[-1] == "Nothing to do."


def test_broken_file_changes_nothing(file: Path) -> None:
    before = CatalogueVersion.objects.count()
    file.write_text("providers: [")
    with pytest.raises(CommandError, match=r"catalogue.yaml:1"):
        call_command("init_ai_config")
    assert CatalogueVersion.objects.count() == before
