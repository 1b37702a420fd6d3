"""One trace leads from the caller over the web server and the worker to the provider, and holds no text."""

from __future__ import annotations

import secrets
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.process.conftest import QUICK
from tests.process.stack import Person, Stack, directive, wait_for
from tests.services import SERVICES


@dataclass
class Collector:
    """A receiver of OTLP over HTTP."""

    bodies: list[bytes] = field(default_factory=list)

    def spans(self, trace_id: str) -> list[Any]:
        sent = [ExportTraceServiceRequest.FromString(body) for body in list(self.bodies)]
        scopes = [scope for each in sent for resource in each.resource_spans for scope in resource.scope_spans]
        return [span for scope in scopes for span in scope.spans if span.trace_id.hex() == trace_id]


def attributes(span: Any) -> dict[str, Any]:
    values = {each.key: each.value for each in span.attributes}
    return {key: getattr(value, value.WhichOneof("value")) for key, value in values.items()}


@pytest.fixture
def collector() -> Iterator[tuple[Collector, str]]:
    found = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            found.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield found, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


class Traced(Stack):
    endpoint: str

    @property
    def environment(self) -> dict[str, str]:
        own = {"OTEL_EXPORTER_OTLP_ENDPOINT": self.endpoint, "OTEL_BSP_SCHEDULE_DELAY": "200"}
        return {**super().environment, **QUICK, **own}


@pytest.fixture
def traced(stack: Stack, collector: tuple[Collector, str], tmp_path: Path) -> Iterator[Traced]:
    """A web server and a worker of the test's own, before the fake provider that all share."""
    others = [child for child in stack.children if child.command.name.startswith("worker")]
    for child in others:
        child.tell_all(signal.SIGSTOP)
    own = Traced(SERVICES, tmp_path)
    own.endpoint, own.fake_url = collector[1], stack.fake_url
    try:
        own.start_web()
        own.start_worker()
        yield own
    finally:
        own.stop()
        for child in others:
            child.tell_all(signal.SIGCONT)


def submit(http: httpx2.Client, document: str, **headers: str) -> None:
    body = {"prompt_key": "document_summary", "payload": {"document": document}}
    assert http.post("/api/v1/requests", json=body, headers=headers).status_code == 202


def test_one_trace_over_all_processes(traced: Traced, collector: tuple[Collector, str], alice: Person) -> None:
    trace_id, caller, canary = secrets.token_hex(16), secrets.token_hex(8), f"canary{secrets.token_hex(8)}"
    traceparent = f"00-{trace_id}-{caller}-01"
    with traced.client(alice) as http:
        submit(http, directive(canary, text=f"{canary} summed up"), traceparent=traceparent)
        submit(http, directive(canary, status=400, error_code=canary), traceparent=traceparent)

    def named(name: str) -> list[Any]:
        return [span for span in collector[0].spans(trace_id) if span.name == name]

    runs = wait_for(lambda: (found := named("run document_summary"))[1:] and found, what="the runs' spans")
    served, calls = named("POST api/v1/requests"), [each for each in collector[0].spans(trace_id) if each.kind == 3]
    assert {each.parent_span_id.hex() for each in served} == {caller}
    assert {each.parent_span_id for each in runs} == {each.span_id for each in served}
    assert {each.parent_span_id for each in calls} == {each.span_id for each in runs}
    assert {attributes(each)["http.response.status_code"] for each in served} == {202}
    assert {attributes(each)["lintel.status"] for each in runs} == {"done", "failed"}
    assert {attributes(each).get("error.type") for each in calls} == {None, "provider_rejected"}
    assert {attributes(each)["gen_ai.provider.name"] for each in calls} == {"embedded"}
    assert not [sent for sent in collector[0].bodies if canary.encode() in sent]
