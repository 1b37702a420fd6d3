from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class EmbeddingSet(models.Model):
    """The vectors of one embedding model, with an index of their own (ai.rag.sets): another can grow beside it."""

    id = models.SmallAutoField(primary_key=True)
    model = models.CharField(_("model"), max_length=200)
    dimensions = models.PositiveSmallIntegerField(_("dimensions"))
    active = models.BooleanField(_("active"), default=False, help_text=_("Searches ask it, and documents go into it."))
    created = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("embedding set")
        verbose_name_plural = _("embedding sets")
        constraints = [
            models.UniqueConstraint(fields=["model", "dimensions"], name="embedding_set_once"),
            models.UniqueConstraint(fields=["active"], condition=models.Q(active=True), name="embedding_set_active"),
        ]

    def __str__(self) -> str:
        return f"{self.model} ({self.dimensions})"

    @property
    def index_name(self) -> str:
        return f"ai_rag_vectors_of_set_{self.pk}"
