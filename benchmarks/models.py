"""What the bare view stores: one row, as narrow as a row can be and still be somebody's."""

from __future__ import annotations

from django.db import models
from uuid_utils.compat import uuid7


class Row(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7)
    owner = models.UUIDField()
    note = models.TextField()
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "benchmarks"
        managed = False

    def __str__(self) -> str:
        return str(self.id)
