"""`manage.py rag_eval` measures, leaves nothing behind, and says by its exit code how it went."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from accounts.models import User
from ai.models import LLMUsageLog
from ai.providers.fake import FakeProvider, fake_provider
from ai.providers.fake.embeddings import vector
from ai.rag.models import EmbeddingSet, KnowledgeDocument, KnowledgeVector
from tests.integration.rag.library import put, put_vector

MODEL, SIZE = "fake-embedding-32", 32
LABELS = (
    {"question": "When do holidays lapse?", "document": "leave.md", "quote": "lapse in March"},
    {"question": "What does E17 mean on the pump?", "document": "pump.md", "quote": "rotor is blocked"},
    {"question": "Who founded it?"},
)


@pytest.fixture(autouse=True)
def fake(settings: Settings) -> Iterator[FakeProvider]:
    with fake_provider() as fake:
        settings.LINTEL_EMBEDDING_BASE_URL = fake.openai_url
        settings.LINTEL_EMBEDDING_MODEL = MODEL
        settings.LINTEL_EMBEDDING_DIMENSIONS = SIZE
        yield fake


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "labels.jsonl"
    file.write_text("".join(json.dumps(label) + "\n" for label in LABELS))
    return file


@pytest.fixture
def texts(file: Path) -> Path:
    folder = file.with_suffix("")
    folder.mkdir()
    (folder / "leave.md").write_text("# Leave\n\nAll holidays lapse in March.\n")
    (folder / "pump.md").write_text("# Pump\n\nE17 means that the rotor is blocked.\n")
    return folder


def evaluate(file: Path, user: User, **options: object) -> str:
    out = io.StringIO()
    call_command("rag_eval", file, user=user.username, stdout=out, **options)
    return out.getvalue()


def test_texts_beside_the_file_are_searched_and_gone(file: Path, texts: Path, alice: User) -> None:
    told = evaluate(file, alice)
    assert "recall@1 1.000" in told
    assert "MRR 1.000" in told
    assert "   1  " in told.splitlines()[0]
    assert told.splitlines()[2].startswith("none")
    assert [table.objects.count() for table in (KnowledgeDocument, KnowledgeVector, EmbeddingSet)] == [0, 0, 0]
    assert {row.subject for row in LLMUsageLog.objects.filter(prompt_key="rag_eval")} == {alice.pk}


def test_figures_are_written_for_programs(file: Path, texts: Path, alice: User, tmp_path: Path) -> None:
    evaluate(file, alice, json=tmp_path / "out.json", min_score=0.99)
    figures = json.loads((tmp_path / "out.json").read_text())
    assert (figures["mrr"], figures["coverage"], figures["refused"]) == (1.0, 0.0, 1.0)
    assert [each["rank"] for each in figures["questions"]] == [1, 1, None]


def test_without_texts_what_the_user_may_see_is_searched(file: Path, alice: User, bob: User) -> None:
    with pytest.raises(CommandError, match="Nothing is indexed"):
        evaluate(file, alice)
    made = EmbeddingSet.objects.create(model=MODEL, dimensions=SIZE, active=True)
    chunk = put("All holidays lapse in March.", owner=alice.pk)
    KnowledgeDocument.objects.update(title="leave.md")
    put_vector(chunk, vector(chunk.text, SIZE), made)
    assert "recall@1 0.500" in evaluate(file, alice)
    assert "recall@1 0.000" in evaluate(file, bob)


def test_below_a_floor_it_ends_with_1(file: Path, texts: Path, alice: User) -> None:
    evaluate(file, alice, floor_recall=1.0, floor_mrr=1.0)
    with pytest.raises(CommandError, match="Below its floor: coverage") as ended:
        evaluate(file, alice, min_score=0.99, floor_coverage=0.5)
    assert ended.value.returncode == 1


def test_a_wrong_file_ends_with_2(file: Path, texts: Path, alice: User, tmp_path: Path) -> None:
    (texts / "pump.md").write_text("# Pump\n\nNothing.\n")
    for wrong in (file, tmp_path / "none.jsonl"):
        with pytest.raises(CommandError) as ended:
            evaluate(wrong, alice)
        assert ended.value.returncode == 2


def test_nobody_of_that_name(file: Path, db: None) -> None:
    with pytest.raises(CommandError, match="no user 'nobody'"):
        call_command("rag_eval", file, user="nobody")
