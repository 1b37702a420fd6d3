"""What is not counted but looked up: the queue, what runs, the leases. Postgres knows, whichever process asks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import Error, connection
from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from ai.rag.health import backlog
from requests_app.models import Lane

# Each reads a partial index: what waits and what runs, not what is over.
WAITING = """
SELECT lane, count(*), EXTRACT(EPOCH FROM clock_timestamp() - min(created))::float8
FROM requests_app_airequest WHERE status = 'pending' GROUP BY lane
"""
RUNNING = """
SELECT count(*), count(*) FILTER (WHERE deadline < clock_timestamp())
FROM requests_app_airequest WHERE status = 'processing'
"""
LEASES = """
SELECT count(*) FILTER (WHERE expires_at > clock_timestamp()), count(*) FILTER (WHERE expires_at <= clock_timestamp())
FROM requests_app_workerlease
"""


class DatabaseState(Collector):
    """Gauges of the moment. Where the database is away they are absent, and `lintel_database_up` says so."""

    def collect(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("lintel_database_up", "Whether the database answered this look.")
        try:
            gauges = [*self._waiting(), *self._running(), self._leases(), *self._index()]
        except Error:
            gauges = []
        up.add_metric([], float(bool(gauges)))
        yield from (*gauges, up)

    def _waiting(self) -> Iterator[Metric]:
        depth = GaugeMetricFamily("lintel_queue_depth", "Requests that wait.", labels=["lane"])
        oldest = GaugeMetricFamily("lintel_queue_oldest_seconds", "Age of the oldest that waits.", labels=["lane"])
        found = {lane: (count, age) for lane, count, age in _rows(WAITING)}
        for lane in Lane.values:
            count, age = found.get(lane, (0, 0.0))
            depth.add_metric([lane], count)
            oldest.add_metric([lane], age)
        yield from (depth, oldest)

    def _running(self) -> Iterator[Metric]:
        ((running, overdue),) = _rows(RUNNING)
        yield GaugeMetricFamily("lintel_requests_running", "Requests in workers' hands.", running)
        yield GaugeMetricFamily("lintel_requests_overdue", "Those of them that are past their deadline.", overdue)

    def _leases(self) -> Metric:
        ((live, expired),) = _rows(LEASES)
        leases = GaugeMetricFamily("lintel_worker_leases", "Worker processes by their leases.", labels=["state"])
        leases.add_metric(["live"], live)
        leases.add_metric(["expired"], expired)
        return leases

    def _index(self) -> Iterator[Metric]:
        behind = backlog()
        age = (timezone.now() - behind.oldest).total_seconds() if behind.oldest else 0.0
        yield GaugeMetricFamily("lintel_index_waiting", "Documents not found in their newest version.", behind.waiting)
        yield GaugeMetricFamily("lintel_index_oldest_seconds", "Age of the oldest of them.", max(0.0, age))
        yield GaugeMetricFamily("lintel_index_failed", "Documents that could not be indexed.", behind.failed)


def _rows(query: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return list(cursor.fetchall())
