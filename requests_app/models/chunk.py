from __future__ import annotations

from django.db import models


class StreamChunk(models.Model):
    """A piece of the text of one attempt; ``start`` counts Unicode code points.

    Rows live only while their request runs: its end deletes them, and the sweep deletes what raced with that. No
    foreign key constraint, as thousands of rows a second are written and their request is joined in the same statement.
    """

    pk = models.CompositePrimaryKey("request_id", "attempt", "start")
    request_id = models.UUIDField()
    attempt = models.PositiveIntegerField()
    start = models.PositiveIntegerField()
    text = models.TextField()

    def __str__(self) -> str:
        return f"{self.request_id} {self.attempt}:{self.start}"
