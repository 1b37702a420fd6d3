"""OpenTelemetry's SDK and its exporter, set up. Imported by config.tracing alone, where they are wanted."""

from __future__ import annotations

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from config import env

FAREWELL_MS = 2000


class Processor(BatchSpanProcessor):
    """A collector that is away holds no process's end up; by itself the library would wait for half a minute."""

    def shutdown(self) -> None:
        self._batch_processor.shutdown(timeout_millis=FAREWELL_MS)


def send() -> None:
    resource = Resource.create({"service.name": env.text("OTEL_SERVICE_NAME", "lintel")})
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(Processor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
