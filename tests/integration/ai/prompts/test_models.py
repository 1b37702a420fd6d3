from __future__ import annotations

import pytest
from django.db import DatabaseError, connections

from ai.prompts.models import PromptLabel, PromptTemplate
from ai.prompts.registry import get_prompt

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft() -> PromptTemplate:
    shipped = get_prompt("ticket_classify")
    return PromptTemplate.objects.create(
        key="draft", version="1", hash="0" * 64, content=shipped.content, published=False
    )


@pytest.mark.parametrize("change", [{"content": "{}"}, {"hash": "1" * 64}, {"version": "2"}, {"published": True}])
def test_a_published_version_never_changes(change: dict[str, object]) -> None:
    row = get_prompt("ticket_classify")
    with pytest.raises(DatabaseError, match="Cannot update"):
        PromptTemplate.objects.filter(pk=row.pk).update(**change)


def test_a_version_is_never_deleted(draft: PromptTemplate) -> None:
    with pytest.raises(DatabaseError, match="Cannot delete"):
        PromptTemplate.objects.filter(pk=draft.pk).delete()


def test_a_draft_may_only_be_published(draft: PromptTemplate) -> None:
    one = PromptTemplate.objects.filter(pk=draft.pk)
    assert one.update(published=True) == 1
    with pytest.raises(DatabaseError, match="Cannot update"):
        one.update(published=False)


def test_a_draft_keeps_its_content(draft: PromptTemplate) -> None:
    with pytest.raises(DatabaseError, match="Cannot update"):
        PromptTemplate.objects.filter(pk=draft.pk).update(content="{}", published=True)


def test_a_label_move_is_never_changed() -> None:
    with pytest.raises(DatabaseError, match="Cannot update"):
        PromptLabel.objects.filter(key="ticket_classify").update(reason="other")


def test_a_label_move_is_never_deleted() -> None:
    with pytest.raises(DatabaseError, match="Cannot"), connections["default"].cursor() as cursor:
        cursor.execute("DELETE FROM ai_promptlabel")
