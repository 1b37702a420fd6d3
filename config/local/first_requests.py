"""The requests that a first start shows: a real ticket and a real file, answered while one watches."""

from pathlib import Path

from config.local.errors import LocalError
from config.local.start import Running

SAMPLES = Path(__file__).with_name("samples")
REQUESTS = (
    ("ticket_classify", "ticket", SAMPLES / "ticket.txt"),
    ("document_summary", "document", SAMPLES / "document.txt"),
)


def show_requests(running: Running) -> None:
    for prompt, variable, file in REQUESTS:
        running.terminal.rule(f"{prompt} · {file.name}")
        if running.show_manage("ask", prompt, "-f", f"{variable}={file}") != 0:
            raise LocalError(f"The first {prompt} request failed; make logs and make doctor tell more.")
