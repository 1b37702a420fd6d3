"""`manage.py rag_eval FILE.jsonl`: are the right passages found, and is nothing found where there is nothing?"""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from uuid_utils.compat import uuid7

from accounts.models import Team, User
from ai.embedding import Embedding
from ai.embedding_models import embedding_model
from ai.errors import AIError, ConfigurationError, FileBroken
from ai.meter import Account
from ai.rag import sets
from ai.rag.calibration import minimum_of
from ai.rag.evaluation.labels import HANDBOOK, Label, documents_beside, read_labels, without_answer
from ai.rag.evaluation.measures import DEPTHS, Outcome, Scores, best_minimum, held_out, scores_of
from ai.rag.evaluation.trial import ask, prepared, shelved, vectors_of
from ai.rag.pgvector_store import PgVectorStore
from ai.rag.store import Viewer
from ai.types import EmbeddingModel

BELOW, BROKEN = 1, 2  # exit codes
EXPIRES_S = 3600.0
FLOORS = ("recall", "mrr", "coverage")


class Command(BaseCommand):
    help = (
        "Measures search by labelled questions. Beside FILE.jsonl a folder FILE with Markdown may hold the documents:"
        " they are indexed for the while, unseen by others. Without one, what --user may see is searched."
        " Ends with 1 where a floor is not reached, with 2 where the file is wrong."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, default=HANDBOOK, help="without it, the handbook that ships")
        parser.add_argument("--user", required=True, help="whose budget pays, and in whose name is searched")
        parser.add_argument("--min-score", type=float, help="without it, the embedding model's own")
        parser.add_argument("--no-words", action="store_true", help="by vectors alone")
        parser.add_argument("--json", type=Path, metavar="FILE", help="write figures and questions there, too")
        for floor in FLOORS:
            parser.add_argument(
                f"--floor-{floor}", type=float, default=0.0, help=f"0 to 1; recall is that of the first {max(DEPTHS)}"
            )

    def handle(self, *_args: Any, file: Path, user: str, **options: Any) -> None:
        try:
            labels, texts = _read(file)
            model = _model()
            outcomes = _outcomes(labels, texts, model, _somebody(user), options)
        except (FileBroken, OSError) as error:
            raise CommandError(str(error), returncode=BROKEN) from error
        except AIError as error:
            raise CommandError(str(error)) from error
        minimum = minimum_of(model.name) if options["min_score"] is None else options["min_score"]
        self._report(outcomes, minimum, options)

    def _report(self, outcomes: Sequence[Outcome], minimum: float, options: Mapping[str, Any]) -> None:
        scores, best = scores_of(outcomes, min_score=minimum), best_minimum(outcomes)
        unseen = held_out(outcomes)
        for each in outcomes:
            self.stdout.write(_line(each))
        self.stdout.write(_summary(scores, unseen, minimum, best))
        if options["json"]:
            options["json"].write_text(json.dumps(_figures(outcomes, scores, unseen, minimum, best), indent=2) + "\n")
        reached = {"recall": scores.recall[max(DEPTHS)], "mrr": scores.mrr, "coverage": scores.coverage}
        below = [name for name in FLOORS if (reached[name] or 0.0) < options[f"floor_{name}"]]
        if below:
            raise CommandError(f"Below its floor: {', '.join(below)}.", returncode=BELOW)


def _read(file: Path) -> tuple[list[Label], dict[str, str]]:
    labels, texts = read_labels(file), documents_beside(file)
    if texts and (vain := without_answer(labels, texts)):
        raise OSError(f"{file}: no document has the quote for {vain[0]!r} (and {len(vain) - 1} more).")
    return labels, texts


def _model() -> EmbeddingModel:
    model = embedding_model()
    if model is None:
        raise ConfigurationError("No embedding model is configured: LINTEL_EMBEDDING_MODEL in .env.example.")
    return model


def _somebody(name: str) -> User:
    user = User.objects.filter(username=name).first()
    if user is None:
        raise CommandError(f"There is no user {name!r}.")
    return user


def _outcomes(
    labels: Sequence[Label], texts: Mapping[str, str], model: EmbeddingModel, user: User, options: Mapping[str, Any]
) -> list[Outcome]:
    """All that is embedded is embedded before anything is searched."""
    account = Account(reference=uuid7(), subject=user.pk, scope=user.personal_team_id, expires_s=EXPIRES_S)
    with Embedding(model=model, account=account, action="rag_eval") as embedding:
        vectors = vectors_of([label.question for label in labels], embedding)
        passages = prepared(texts, embedding)
    with shelved(passages, model) if texts else _own(user) as (store, viewer):
        return ask(labels, vectors, store=store, viewer=viewer, words=not options["no_words"])


@contextmanager
def _own(user: User) -> Iterator[tuple[PgVectorStore, Viewer]]:
    """What the installation has, as this user sees it."""
    chosen = sets.active()
    if chosen is None:
        raise ConfigurationError("Nothing is indexed, and beside the file is no folder of its name with documents.")
    teams = Team.objects.of(user).values_list("pk", flat=True)
    yield PgVectorStore(chosen), Viewer(subject=user.pk, scopes=tuple(teams))


def _line(each: Outcome) -> str:
    rank = ("-" if each.rank is None else str(each.rank)) if each.label.answerable else "none"
    best = "    " if each.best is None else f"{each.best:.2f}"
    return f"{rank:>4}  {best}  {each.label.question}"


def _summary(scores: Scores, unseen: Scores, minimum: float, best: float | None) -> str:
    recall = "  ".join(f"recall@{depth} {_shown(value)}" for depth, value in scores.recall.items())
    return (
        f"\n{recall}  MRR {_shown(scores.mrr)}\n"
        f"At a minimum score of {minimum:g}: coverage {_shown(scores.coverage)}, refused {_shown(scores.refused)}."
        f" These questions would have it at {_shown(best)}.\n"
        f"Each tenth by the minimum that the others would have: coverage {_shown(unseen.coverage)},"
        f" refused {_shown(unseen.refused)}."
    )


def _shown(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.3f}"


def _figures(
    outcomes: Sequence[Outcome], scores: Scores, unseen: Scores, minimum: float, best: float | None
) -> dict[str, Any]:
    questions = [
        {"question": each.label.question, "answerable": each.label.answerable, "rank": each.rank, "best": each.best}
        for each in outcomes
    ]
    told = {"coverage": unseen.coverage, "refused": unseen.refused}
    return {
        **asdict(scores), "min_score": minimum, "best_min_score": best, "held_out": told, "questions": questions,
    }  # fmt: skip
