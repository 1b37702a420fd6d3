"""`make demo`: the same start, two requests, what they took, and a clean stop."""

from datetime import datetime
from typing import Any

from rich import box
from rich.table import Table

from config.local.client import Client
from config.local.errors import LocalError
from config.local.first_requests import REQUESTS, show_requests
from config.local.start import Running, started
from config.local.terminal import Terminal

COLUMNS = ("prompt", "status", "first token", "in all", "in", "out", "cost")


def demo(terminal: Terminal) -> None:
    with started(terminal) as running:
        show_requests(running)
        requests = client_for(running).newest(len(REQUESTS))
        terminal.console.print(figures(requests))
        if not all(map(answered, requests)):
            raise LocalError("Not every request was answered.")


def answered(request: dict[str, Any]) -> bool:
    """In full, or cut at its greatest length, as befalls a demonstration model that cannot find an end."""
    return request["status"] == "done" or (request["error"] or {}).get("code") == "incomplete"


def client_for(running: Running) -> Client:
    return Client(url=running.url, token=running.ask_manage("token", "demo", "--name", "make demo", "--days", "1"))


def figures(requests: list[dict[str, Any]]) -> Table:
    """What each request took, oldest first."""
    title = f"answered by {requests[0]['model']}; in and out are tokens"
    table = Table(title=title, box=box.SIMPLE_HEAD, pad_edge=False)
    for column in COLUMNS:
        table.add_column(column, justify="left" if column in COLUMNS[:2] else "right", no_wrap=True)
    for request in reversed(requests):
        table.add_row(*_row(request))
    return table


def _row(request: dict[str, Any]) -> list[str]:
    usage = request["usage"]
    about = "~" if usage["estimated"] else ""
    return [
        request["prompt_key"],
        request["status"],
        _between(request["created"], request["first_token"]),
        _between(request["created"], request["completed"]),
        f"{about}{usage['input_tokens'] + usage['cache_read_tokens'] + usage['cache_write_tokens']}",
        f"{about}{usage['output_tokens']}",
        "unknown" if request["cost_usd"] is None else f"${request['cost_usd']}",
    ]


def _between(begin: str | None, end: str | None) -> str:
    if begin is None or end is None:
        return "unknown"
    return f"{(datetime.fromisoformat(end) - datetime.fromisoformat(begin)).total_seconds():.2f} s"
