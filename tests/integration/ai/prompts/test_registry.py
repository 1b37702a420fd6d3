from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from django.apps.registry import Apps
from pytest_django import DjangoAssertNumQueries

from ai.errors import PromptBroken, PromptNotFound, VariablesInvalid
from ai.prompts.live import Watch
from ai.prompts.publish import publish_after_migrate
from ai.prompts.registry import get_prompt, load_prompts, move_label, render_prompt, validate
from ai.review.spec import Always
from tests.unit.ai.prompts.files import SOUND, sound, write

pytestmark = pytest.mark.django_db

Commit = Callable[..., AbstractContextManager[Any]]


SHIPPED = {
    "intent_detection": "classification", "sentiment_score": "classification", "ticket_classify": "classification",
    "document_summary": "default", "code_review": "default", "rag_answer": "default",
    "architecture_audit": "analysis", "contract_analysis": "analysis", "medical_summary": "analysis",
    "financial_report": "analysis",
}  # fmt: skip
HIGH_STAKES = {"contract_analysis", "medical_summary", "financial_report"}


def test_migrate_has_loaded_the_shipped_prompts() -> None:
    assert {prompt.key: prompt.route for prompt in load_prompts()} == SHIPPED


def test_retrieving_prompts_are_refused() -> None:
    assert {prompt.key for prompt in load_prompts() if prompt.unavailable} == {"rag_answer"}


def test_answers_of_high_stakes_are_always_kept_back() -> None:
    gates = {prompt.key: prompt.spec.review and prompt.spec.review.gate for prompt in load_prompts()}
    assert {key for key, gate in gates.items() if isinstance(gate, Always)} == HIGH_STAKES


def test_every_shipped_example_is_valid_and_renders() -> None:
    for prompt in load_prompts():
        validate(prompt, prompt.example)
        if prompt.spec.retrieve is None:
            assert render_prompt(prompt, prompt.example)[0].role == "system"


def test_a_live_prompt_costs_one_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    get_prompt("ticket_classify")  # its version is read once a process, its label each time
    with django_assert_num_queries(1):
        prompt = get_prompt("ticket_classify")
        assert (prompt.route, prompt.unavailable, prompt.cut) == ("classification", "", "reset")


def test_an_unknown_prompt_is_not_found() -> None:
    with pytest.raises(PromptNotFound, match="nonsense"):
        get_prompt("nonsense")


def test_renders_only_valid_values() -> None:
    with pytest.raises(VariablesInvalid, match="/ticket: is missing"):
        render_prompt(get_prompt("ticket_classify"), {})


def test_moving_a_label_says_who_and_why() -> None:
    label = move_label(key="ticket_classify", version="1", by="alice", reason="calmer")
    assert (label.by, label.reason, str(label.template)) == ("alice", "calmer", "ticket_classify@1")
    with pytest.raises(ValueError, match="reason"):
        move_label(key="ticket_classify", version="1", by="alice", reason="")
    with pytest.raises(PromptNotFound):
        move_label(key="ticket_classify", version="99", by="alice", reason="newer")


def test_only_the_migrating_alias_is_written(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        publish_after_migrate(using="default")


def test_migrating_back_to_nothing_is_no_error(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        publish_after_migrate(using="owner", apps=Apps())


@pytest.fixture
def watch(tmp_path: Path) -> Watch:
    return Watch(root=tmp_path, lock_path=tmp_path / "lock.json")


def test_a_new_file_is_live_at_once(watch: Watch, tmp_path: Path) -> None:
    write(tmp_path)
    watch.look()
    assert get_prompt("greet").published is False


def test_an_edited_file_is_live_at_once(
    watch: Watch, tmp_path: Path, django_capture_on_commit_callbacks: Commit
) -> None:
    for words in ("One.", "Another one."):
        write(tmp_path, sound(description=words))
        with django_capture_on_commit_callbacks(execute=True):
            watch.look()
        assert get_prompt("greet").description == words


def test_an_unchanged_folder_costs_no_query(
    watch: Watch,
    tmp_path: Path,
    django_capture_on_commit_callbacks: Commit,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    write(tmp_path)
    with django_capture_on_commit_callbacks(execute=True):
        watch.look()
    with django_assert_num_queries(0):
        watch.look()


def test_a_broken_edit_is_told_and_leaves_the_last_version_live(watch: Watch, tmp_path: Path) -> None:
    write(tmp_path)
    watch.look()
    write(tmp_path, SOUND.replace("$tone", "$tune"))
    watch.look()
    with pytest.raises(PromptBroken, match="yaml:18"):
        watch.raise_if_broken("greet")
    watch.raise_if_broken("other")
    assert get_prompt("greet").version == "1"
