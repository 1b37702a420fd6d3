"""Embedding sets and their indexes. Indexes are made by the tables' owner, through its alias."""

from __future__ import annotations

import contextlib
from typing import Any

from django.apps import apps as installed
from django.db import connections, router, transaction
from psycopg import sql

from ai.embedding_models import embedding_model
from ai.errors import ConfigurationError
from ai.rag.models import EmbeddingSet

# One graph a set, over what is live: the cast must be written so in a search, and the set's number as a literal.
CREATE = """
CREATE INDEX {concurrently} IF NOT EXISTS {name} ON ai_rag_knowledgevector
USING hnsw ((embedding::vector({dimensions})) vector_cosine_ops) WITH (m = 16, ef_construction = 64)
WHERE embedding_set_id = {set} AND live
"""
LARGEST = 2000  # dimensions that HNSW takes of the type vector


def active() -> EmbeddingSet | None:
    """The set that searches ask and documents go into."""
    return EmbeddingSet.objects.filter(active=True).first()


def make(model: str, dimensions: int, *, using: str, concurrently: bool = True) -> EmbeddingSet:
    """The set of this model, with its index; the first of all is active. Safe to repeat.

    Concurrently, writers go on meanwhile, and it runs in no transaction.
    """
    if not 0 < dimensions <= LARGEST:
        raise ValueError(f"An index takes 1 to {LARGEST} dimensions, not {dimensions}.")
    sets = EmbeddingSet.objects.using(using)
    made, _new = sets.get_or_create(model=model, dimensions=dimensions)
    _drop_if_broken(made, using=using)
    with connections[using].cursor() as cursor:
        cursor.execute(_create(made, concurrently=concurrently).as_string(cursor.connection))
    if not sets.filter(active=True).exists():
        activate(made, using=using)
    return made


def make_after_migrate(using: str, apps: Any = installed, **_signal: Any) -> None:
    """The first set, of the model that is configured: nothing is in it yet, so nobody waits for its index."""
    try:
        apps.get_model("ai_rag", "KnowledgeVector")
    except LookupError:  # migrated back to before these tables
        return
    with contextlib.suppress(ConfigurationError):  # `check` names it
        model = embedding_model()
        there = EmbeddingSet.objects.using(using).exists() or not router.allow_migrate_model(using, EmbeddingSet)
        if model is not None and not there:
            make(model.name, model.dimensions, using=using, concurrently=False)


def activate(chosen: EmbeddingSet, *, using: str) -> None:
    """Searches ask this one from now on."""
    with transaction.atomic(using=using):
        EmbeddingSet.objects.using(using).filter(active=True).exclude(pk=chosen.pk).update(active=False)
        EmbeddingSet.objects.using(using).filter(pk=chosen.pk).update(active=True)
    chosen.active = True


def _create(made: EmbeddingSet, *, concurrently: bool) -> sql.Composed:
    return sql.SQL(CREATE).format(
        concurrently=sql.SQL("CONCURRENTLY" if concurrently else ""),
        name=sql.Identifier(made.index_name),
        dimensions=sql.Literal(made.dimensions),
        set=sql.Literal(made.pk),
    )


def _drop_if_broken(made: EmbeddingSet, *, using: str) -> None:
    """What a concurrent build that was interrupted leaves: it keeps its name and is never used."""
    broken = "SELECT FROM pg_index WHERE indexrelid = to_regclass(%s) AND NOT indisvalid"
    with connections[using].cursor() as cursor:
        cursor.execute(broken, [made.index_name])
        if cursor.fetchone() is not None:
            drop = sql.SQL("DROP INDEX {}").format(sql.Identifier(made.index_name))
            cursor.execute(drop.as_string(cursor.connection))
