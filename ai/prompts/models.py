"""Prompt versions as workers render them, and the labels that say which one is live."""

from __future__ import annotations

from typing import Literal

import pgtrigger
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from uuid_utils.compat import uuid7

from ai.embedding_models import embedding_model
from ai.prompts.spec import PromptSpec, parse_spec
from ai.types import JSON

LIVE = "live"


class PromptTemplate(models.Model):
    """One content of one prompt version; insert-only.

    ``content`` is the file as JSON text in the file's own order (which is why it is no jsonb): forms ask and models
    answer in the order of the schema. ``hash`` is the SHA-256 of exactly that text, so that comments, quoting and line
    breaks of the YAML do not count. A draft (an edited file nobody locked) becomes ``published`` at most once; nothing
    else about a row ever changes.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    key = models.CharField(max_length=63)
    version = models.CharField(max_length=23)
    hash = models.CharField(max_length=64)
    content = models.TextField()
    published = models.BooleanField()
    created = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key", "version", "hash"], name="prompt_template_key_version_hash"),
        ]
        triggers = [
            pgtrigger.ReadOnly(name="unchanged", exclude=["published"]),
            pgtrigger.Protect(
                name="published_once", operation=pgtrigger.Update, condition=pgtrigger.Q(old__published=True)
            ),
            pgtrigger.Protect(name="undeleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.key}@{self.version}"

    @property
    def spec(self) -> PromptSpec:
        return parse_spec(self.content)

    @property
    def description(self) -> str:
        return self.spec.description

    @property
    def variables(self) -> JSON:
        """The JSON Schema of the payload."""
        return self.spec.variables

    @property
    def example(self) -> JSON:
        """A valid payload."""
        example: JSON = self.spec.variables["examples"][0]
        return example

    @property
    def max_tokens(self) -> int:
        return self.spec.max_tokens

    @property
    def temperature(self) -> float:
        return self.spec.temperature

    @property
    def route(self) -> str:
        return self.spec.route

    @property
    def deadline_s(self) -> int:
        return self.spec.deadline

    @property
    def output_schema(self) -> JSON | None:
        return self.spec.output

    @property
    def unavailable(self) -> str:
        """Why requests of this prompt are refused, as a sentence's end; empty where they are taken."""
        if (self.spec.retrieve or self.spec.search) and embedding_model() is None:
            return _("this prompt answers from documents, and no embedding model is configured")
        return ""

    @property
    def cut(self) -> Literal["reset", "incomplete"]:
        """What becomes of shown text when its model fails: "reset" starts anew, "incomplete" ends with the part."""
        return self.spec.cut


class PromptLabelQuerySet(models.QuerySet["PromptLabel"]):
    def newest_first(self) -> PromptLabelQuerySet:
        return self.order_by("key", "-at", "-id")

    def live(self) -> PromptLabelQuerySet:
        """Each prompt's newest ``live`` label."""
        return self.filter(label=LIVE).newest_first().distinct("key").select_related("template")


class PromptLabel(models.Model):
    """One move of a label; append-only, the newest row counts. An empty ``by`` is a move made by the files."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    key = models.CharField(max_length=63)
    label = models.CharField(max_length=31, default=LIVE)
    template = models.ForeignKey(PromptTemplate, on_delete=models.PROTECT, related_name="labels")
    by = models.CharField(max_length=150, blank=True, default="")
    reason = models.TextField()
    at = models.DateTimeField(db_default=Now(), editable=False)

    objects = PromptLabelQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["key", "label", "-at", "-id"], name="prompt_label_newest")]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.key}: {self.label} → {self.template_id}"
