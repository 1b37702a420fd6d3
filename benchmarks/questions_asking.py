"""The program of `questions`: asks the labelled set and names of the manual, and prints what was found as JSON."""

from __future__ import annotations

import json
import random
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import django

django.setup()

from uuid_utils.compat import uuid7  # noqa: E402

from accounts.models import User  # noqa: E402
from ai.embedding import Embedding  # noqa: E402
from ai.embedding_models import embedding_model  # noqa: E402
from ai.meter import Account  # noqa: E402
from ai.rag.calibration import minimum_of  # noqa: E402
from ai.rag.evaluation.labels import HANDBOOK, Label, documents_beside, read_labels  # noqa: E402
from ai.rag.evaluation.measures import Outcome, held_out, scores_of  # noqa: E402
from ai.rag.evaluation.trial import Passages, ask, prepared, shelved, vectors_of  # noqa: E402
from ai.rag.store import Vector  # noqa: E402
from ai.types import EmbeddingModel  # noqa: E402
from benchmarks.ingest_texts import manual  # noqa: E402

NAME = re.compile(r"\b(?:__\w+__|[a-z]+_\w+|[a-z]+\.[a-z_]\w+)\b")
ASKED = "What is {name} for?"
NAMES = 100


def names_of(texts: Mapping[str, str]) -> Iterator[Label]:
    """Of names that one topic alone has: which passage tells what it is for."""
    found = {title: set(NAME.findall(text)) for title, text in texts.items()}
    everywhere = Counter(name for names in found.values() for name in names)
    single = sorted((name, title) for title, names in found.items() for name in names if everywhere[name] == 1)
    for name, title in random.Random(6).sample(single, min(NAMES, len(single))):
        yield Label(question=ASKED.format(name=name), document=title, quote=name)


class Library:
    """Texts whose passages are embedded once, and asked in two ways."""

    def __init__(self, texts: Mapping[str, str], embedding: Embedding) -> None:
        self._embedding = embedding
        self._model: EmbeddingModel = embedding.model
        self._passages: Sequence[Passages] = prepared(texts, embedding)

    def asked(self, labels: Sequence[Label], *, words: bool) -> list[Outcome]:
        vectors: Sequence[Vector] = vectors_of([label.question for label in labels], self._embedding)
        with shelved(self._passages, self._model) as (store, viewer):
            return ask(labels, vectors, store=store, viewer=viewer, words=words)

    def rows(self, name: str, labels: Sequence[Label]) -> Iterator[dict[str, Any]]:
        for way, words in (("vectors alone", False), ("vectors and words", True)):
            scores = scores_of(self.asked(labels, words=words), min_score=-1.0)
            recall = {f"recall@{depth}": value for depth, value in scores.recall.items()}
            yield {
                "questions": name,
                "found by": way,
                "answerable": sum(label.answerable for label in labels),
                "MRR": scores.mrr,
                **recall,
            }


def refusals(handbook: Library, other: Library, labels: Sequence[Label], minimum: float) -> Iterable[dict[str, Any]]:
    outcomes = handbook.asked(labels, words=True)
    here, unseen = scores_of(outcomes, min_score=minimum), held_out(outcomes)
    strangers = [Label(question=label.question) for label in labels]
    away = scores_of(other.asked(strangers, words=True), min_score=minimum)
    yield {"minimum": f"{minimum:g}, as shipped", "answerable that stand": here.coverage,
           "close by, refused": here.refused, "of another subject, refused": away.refused}  # fmt: skip
    yield {"minimum": "each tenth with that of the others", "answerable that stand": unseen.coverage,
           "close by, refused": unseen.refused, "of another subject, refused": None}  # fmt: skip


def main(topics: int) -> None:
    model = embedding_model()
    assert model is not None
    user = User.objects.create(username="bench")
    account = Account(reference=uuid7(), subject=user.pk, scope=user.personal_team_id, expires_s=3600.0)
    labels, texts = read_labels(HANDBOOK), manual(topics)
    with Embedding(model=model, account=account, action="bench") as embedding:
        handbook, other = Library(documents_beside(HANDBOOK), embedding), Library(texts, embedding)
        rows = [*handbook.rows("the labelled set", labels), *other.rows("names in Python's manual", [*names_of(texts)])]
        print(json.dumps({"rows": rows, "refused": [*refusals(handbook, other, labels, minimum_of(model.name))]}))


if __name__ == "__main__":
    main(int(sys.argv[1]))
