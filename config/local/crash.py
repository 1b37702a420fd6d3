"""`make demo-crash`: a worker is killed in mid-stream, and what a reader and the ledger see is compared."""

import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import psycopg

from config.local.client import Client
from config.local.demo import answered, client_for
from config.local.errors import LocalError
from config.local.first_requests import EXAMPLES
from config.local.start import Running, started
from config.local.terminal import Terminal

TRIES = 3
PROMPT = "document_summary"
PAYLOAD = {"document": (EXAMPLES / "texts" / "incident.txt").read_text()}
ENOUGH_TEXT = 60  # characters on the screen before the worker is killed
CHARGES = """
    SELECT attempt, input_tokens + cache_read_tokens + cache_write_tokens, output_tokens
    FROM ai_llmusagelog WHERE reference = %s
"""


@dataclass(slots=True)
class Witness:
    """What a reader of one stream has seen."""

    text: str = ""
    resets: int = 0
    killed_at: float | None = None
    silence: float | None = None
    end: dict[str, Any] = field(default_factory=dict)


def demo_crash(terminal: Terminal) -> None:
    with started(terminal) as running:
        client = client_for(running)
        for _ in range(TRIES):
            request_id = client.submit(PROMPT, PAYLOAD)["id"]
            witness = running.supervisor.watch_during(lambda: watch_and_kill(running, client, request_id))  # noqa: B023
            if witness.resets:
                break
            terminal.say("The answer was complete before the worker died; once more")
        judge(running, client.get(request_id), witness)


def watch_and_kill(running: Running, client: Client, request_id: str) -> Witness:
    """Follow the stream as any client does, and kill the worker when enough text is there."""
    witness = Witness()
    running.terminal.rule(f"{PROMPT}: the worker will be killed in mid-answer")
    with running.terminal.lending():
        for event in client.events(request_id):
            take(witness, event, running.terminal)
            if witness.killed_at is None and len(witness.text) >= ENOUGH_TEXT:
                witness.killed_at = time.monotonic()
                kill_worker(running)
        running.terminal.end_line()
    return witness


def take(witness: Witness, event: dict[str, Any], terminal: Terminal) -> None:
    if event["type"] == "chunk":
        if witness.resets and witness.silence is None and witness.killed_at is not None:
            witness.silence = time.monotonic() - witness.killed_at
        witness.text += event["text"]
        terminal.stream(event["text"])
    elif event["type"] == "reset":
        witness.text, witness.resets = "", witness.resets + 1
        terminal.event("worker", f"another one took over (attempt {event['attempt']}); the answer begins anew")
    elif event["type"] == "end":
        witness.end = event


def kill_worker(running: Running) -> None:
    child = running.supervisor.part("worker").child
    if child is None:
        raise LocalError("There is no worker to kill.")
    lease_s = running.patience.lease_s
    running.terminal.event("worker", f"kill -9 {child.pid}")
    child.tell_all(signal.SIGKILL)
    running.terminal.say(f"Waiting until the dead worker's lease of {lease_s:g} s runs out and another may take over")


def judge(running: Running, request: dict[str, Any], witness: Witness) -> None:
    """Raise when a character was lost or doubled, or a call charged other than once."""
    with psycopg.connect(running.environment["DATABASE_URL"]) as connection:
        charges = connection.execute(CHARGES, [request["id"]]).fetchall()
    faults = list(find_faults(request, witness, charges))
    if faults:
        raise LocalError(f"It is not as it should be: {'; '.join(faults)}.")
    silence = f" after {witness.silence:.1f} s" if witness.silence is not None else ""
    running.terminal.say(
        f"Taken over{silence}; {len(witness.text)} characters, {len(charges)} calls, each charged once"
    )
    running.terminal.say("nothing lost, charged once")


def find_faults(request: dict[str, Any], witness: Witness, charges: list[tuple[Any, ...]]) -> Iterator[str]:
    if not answered(request):
        yield f"the request is {request['status']}"
    if not witness.resets:
        yield "no other worker took over"
    if witness.text != (request["result"] or request["partial"]):
        yield "the text that was streamed is not the result"
    attempts = [attempt for attempt, _, _ in charges]
    if len(set(attempts)) != len(attempts):
        yield f"a call was charged twice (calls {sorted(attempts)})"
    usage = request["usage"]
    asked = usage["input_tokens"] + usage["cache_read_tokens"] + usage["cache_write_tokens"]
    if (sum(charge[1] for charge in charges), sum(charge[2] for charge in charges)) != (asked, usage["output_tokens"]):
        yield "the request's usage is not the sum of its calls"
