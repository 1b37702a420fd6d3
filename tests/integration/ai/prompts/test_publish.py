from __future__ import annotations

import os
from pathlib import Path

import pytest

from ai.prompts.lock import LockedPrompt, read_lock, with_new_versions, write_lock
from ai.prompts.models import PromptLabel, PromptTemplate
from ai.prompts.publish import publish
from ai.prompts.registry import move_label
from ai.prompts.source import read_prompt, read_prompts
from tests.unit.ai.prompts.files import sound, write

pytestmark = pytest.mark.django_db


class Deployment:
    """A folder of prompts with its lock, and what a migrate makes of it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.lock_path = root / "lock.json"

    def edit(self, version: str, description: str = "Greets somebody.", *, modified: int = 1) -> None:
        path = write(self.root, sound(version=version, description=description), version=version)
        os.utime(path, (modified, modified))

    def lock(self, current: str | None = None) -> None:
        lock = with_new_versions(read_lock(self.lock_path), read_prompts(self.root)[0])
        if current:
            lock["greet"] = LockedPrompt(current=current, versions=lock["greet"].versions)
        write_lock(lock, self.lock_path)

    def migrate(self, *, drafts: bool = False) -> None:
        publish(drafts=drafts, root=self.root, lock_path=self.lock_path)


@pytest.fixture
def site(tmp_path: Path) -> Deployment:
    site = Deployment(tmp_path)
    site.edit("1")
    site.lock()
    site.migrate()
    return site


def live() -> tuple[str, str, bool]:
    row = PromptLabel.objects.live().get(key="greet").template
    return row.version, row.description, row.published


def test_a_first_migrate_makes_the_current_version_live(site: Deployment) -> None:
    assert live() == ("1", "Greets somebody.", True)


def test_a_second_migrate_changes_nothing(site: Deployment) -> None:
    site.migrate()
    assert PromptTemplate.objects.filter(key="greet").count() == 1
    assert PromptLabel.objects.filter(key="greet").count() == 1


def test_a_new_current_version_goes_live(site: Deployment) -> None:
    site.edit("2")
    site.lock()
    site.migrate()
    assert live()[0] == "2"


def test_a_rollback_outlives_unrelated_migrates(site: Deployment) -> None:
    site.edit("2")
    site.lock()
    site.migrate()
    move_label(key="greet", version="1", by="alice", reason="2 is rude")
    site.migrate()
    assert live()[0] == "1"


def test_the_next_new_version_ends_a_rollback(site: Deployment) -> None:
    site.edit("2")
    site.lock()
    site.migrate()
    move_label(key="greet", version="1", by="alice", reason="2 is rude")
    site.edit("3")
    site.lock()
    site.migrate()
    assert live()[0] == "3"


def test_deploying_the_old_lock_brings_the_old_version_back(site: Deployment) -> None:
    site.edit("2")
    site.lock()
    site.migrate()
    site.lock(current="1")
    site.migrate()
    assert live()[0] == "1"


def test_drafts_never_leave_local_settings(site: Deployment) -> None:
    site.edit("2")
    site.migrate()
    assert live()[0] == "1"
    assert PromptTemplate.objects.filter(key="greet").count() == 1


def test_a_changed_published_file_is_not_copied(site: Deployment) -> None:
    site.edit("1", "Changed.")
    site.migrate()
    assert live() == ("1", "Greets somebody.", True)


def test_an_edited_file_is_live_and_unpublished(site: Deployment) -> None:
    site.edit("1", "Edited.")
    site.migrate(drafts=True)
    assert live() == ("1", "Edited.", False)


def test_taking_an_edit_back_brings_the_published_content_back(site: Deployment) -> None:
    site.edit("1", "Edited.")
    site.migrate(drafts=True)
    site.edit("1")
    site.migrate(drafts=True)
    assert live() == ("1", "Greets somebody.", True)


def test_the_draft_edited_last_is_live(site: Deployment) -> None:
    site.edit("2", modified=30)
    site.edit("3", modified=20)
    site.migrate(drafts=True)
    assert live()[0] == "2"


def test_locking_a_draft_publishes_its_row(site: Deployment) -> None:
    site.edit("2")
    site.migrate(drafts=True)
    site.lock()
    site.migrate(drafts=True)
    assert live() == ("2", "Greets somebody.", True)
    assert PromptTemplate.objects.filter(key="greet").count() == 2


def test_stores_what_was_hashed(site: Deployment) -> None:
    row, file = PromptTemplate.objects.get(key="greet"), read_prompt(site.root / "greet" / "1.yaml")
    assert (row.hash, row.content, row.spec) == (file.hash, file.content, file.spec)
