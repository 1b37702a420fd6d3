"""The set of the configured embedding model, made with its index; on demand the one that searches ask."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from ai.embedding_models import embedding_model
from ai.errors import ConfigurationError
from ai.rag import sets
from ai.rag.models import EmbeddingSet
from ai.rag.staging import stage_all_for


class Command(BaseCommand):
    help = "Make the embedding set of the configured model and its index, while work goes on, and list all sets."
    requires_system_checks = []  # one of them asks for this

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--activate", action="store_true", help="have searches ask it, and embed all documents anew"
        )

    def handle(self, *_args: object, **options: Any) -> None:
        owner = "owner" if "owner" in settings.DATABASES else "default"
        try:
            model = embedding_model()
            if model is None:
                raise CommandError("No embedding model is configured: LINTEL_EMBEDDING_MODEL in .env.example.")
            made = sets.make(model.name, model.dimensions, using=owner)
        except (ConfigurationError, ValueError) as error:
            raise CommandError(str(error)) from error
        if options["activate"]:
            sets.activate(made, using=owner)
            self.stdout.write(f"{stage_all_for(made)} documents are to be embedded by {made}.")
        for each in EmbeddingSet.objects.order_by("pk"):
            self.stdout.write(f"{each}: {'active' if each.active else 'not active'}")
