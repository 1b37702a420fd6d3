"""The embedded model with a vocabulary of a few words: its tokens stand for what they may, its vectors are real."""

from __future__ import annotations

import asyncio
import math
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from ai.embedding_models import embedding_model
from ai.errors import ContextExceeded
from ai.providers.embedders import embedder_for
from ai.types import EmbeddingModel

WORDS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "the", "quay", "was", "rebuilt", "tide")


@pytest.fixture
def embedded(settings: Settings, tmp_path: Path) -> EmbeddingModel:
    vocabulary = {word: number for number, word in enumerate(WORDS)}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $0 [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    settings.LINTEL_EMBEDDED_TOKENIZER = tmp_path / "tokenizer.json"
    found = embedding_model()
    assert found is not None
    return found


def test_vectors_have_length_one_and_the_order_of_their_texts(embedded: EmbeddingModel) -> None:
    embedder = embedder_for(embedded)
    texts = ["the quay was rebuilt", "tide", "the quay was rebuilt the quay", *["tide"] * 20]
    done = asyncio.run(embedder.embed(texts, embedded))
    assert [len(vector) for vector in done.vectors] == [embedded.dimensions] * 23
    assert all(math.isclose(math.hypot(*vector), 1, abs_tol=1e-5) for vector in done.vectors)
    alone = asyncio.run(embedder.embed([texts[2]], embedded))
    assert sum(map(float.__mul__, alone.vectors[0], done.vectors[2])) > 0.95
    assert list(embedder.count(texts[:2])) == [4, 1]


def test_a_text_beyond_the_window_is_refused_and_not_cut(embedded: EmbeddingModel) -> None:
    embedder = embedder_for(embedded)
    with pytest.raises(ContextExceeded):
        asyncio.run(embedder.embed(["quay " * 255], embedded))
    assert asyncio.run(embedder.embed(["quay " * 254], embedded)).vectors
