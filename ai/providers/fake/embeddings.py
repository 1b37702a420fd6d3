"""OpenAI's embeddings: vectors made from the words alone, so that texts which share words are near."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any, ClassVar

from ai.providers.fake.ledger import Call
from ai.providers.fake.openai_dialect import OpenAIDialect
from ai.providers.fake.script import Script

PATH = "/v1/embeddings"
DIMENSIONS = 1536
SIZED = re.compile(r"-(\d+)$")
WORD = re.compile(r"\w+")


class EmbeddingDialect(OpenAIDialect):
    """For one call. A model whose name ends in a number has so many dimensions."""

    name: ClassVar[str] = "embeddings"

    def __init__(self, body: Mapping[str, Any]) -> None:
        told = body["input"]
        self.texts: Sequence[str] = [told] if isinstance(told, str) else told
        sized = SIZED.search(body["model"])
        self._dimensions = body.get("dimensions") or (int(sized[1]) if sized else DIMENSIONS)

    def whole(self, call: Call, script: Script) -> dict[str, Any]:
        rows = [
            {"object": "embedding", "index": index, "embedding": vector(text, self._dimensions)}
            for index, text in enumerate(self.texts)
        ]
        usage = {"prompt_tokens": call.input_tokens, "total_tokens": call.input_tokens}
        return {
            "object": "list",
            "data": rows,
            "model": call.model,
            **({"usage": usage} if script.report_usage else {}),
        }


def vector(text: str, dimensions: int) -> list[float]:
    """Each word has a direction; theirs together is the text's."""
    numbers = [0.0] * dimensions
    for word in WORD.findall(text.casefold()) or [""]:
        lot = int.from_bytes(blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")
        numbers[lot % dimensions] += 1.0
    length = math.hypot(*numbers)
    return [number / length for number in numbers]
