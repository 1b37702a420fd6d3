"""The program of `ingest`: the embedded model alone, over the same passages in full batches, and how long 500 are."""

from __future__ import annotations

import asyncio
import json
import sys
import time

import django

django.setup()

from ai.embedding import MOST_TEXTS  # noqa: E402
from ai.embedding_models import embedding_model  # noqa: E402
from ai.providers.embedders import embedder_for  # noqa: E402
from ai.rag.chunking import Sizes, pieces  # noqa: E402
from ai.rag.limits import chunk_tokens  # noqa: E402
from benchmarks.ingest_texts import long_text, manual  # noqa: E402


async def main(topics: int, first: int, step: int, chunks: int) -> None:
    model = embedding_model()
    assert model is not None
    embedder, sizes = embedder_for(model), Sizes(most=chunk_tokens(model.window))
    mine = list(manual(topics).values())[first::step]
    cut = [piece.embedded for text in mine for piece in pieces(text, sizes, embedder.count)]
    await embedder.embed(cut[:1], model)  # what is made once a process is made
    began = time.perf_counter()
    for at in range(0, len(cut), MOST_TEXTS):
        await embedder.embed(cut[at : at + MOST_TEXTS], model)
    seconds = time.perf_counter() - began
    long = pieces(long_text(), sizes, embedder.count)[:chunks]
    print(json.dumps({"passages": len(cut), "seconds": seconds, "characters": long[-1].end}))


if __name__ == "__main__":
    asyncio.run(main(*map(int, sys.argv[1:])))
