"""What readers put together, what is stored and what was sent are one text."""

from __future__ import annotations

from collections.abc import Iterator

from tests.faults.oracles.facts import FINAL, Facts


def readers_have_what_is_stored(facts: Facts) -> Iterator[str]:
    """I8: each reader's text is the stored one, however often it was cut off: no gap, no repeat, no reordering."""
    stored = {request.id: request for request in facts.requests}
    for reading in facts.readings:
        request = stored.get(reading.request)
        if request is None:
            yield f"{reading.request} was read and is gone"
        elif (reading.text, reading.status) != (request.stored, request.status):
            told = f"read {reading.status} {reading.text!r} over {reading.cuts} cuts"
            yield f"{request.id}: {told}, stored {request.status} {request.stored!r}"


def stored_is_what_was_sent(facts: Facts) -> Iterator[str]:
    """I8: an answer is one whole call's text; what broke off is the beginning of one."""
    for request in facts.requests:
        calls = facts.calls.get(request.id, ())
        whole = [storable(call["text"]) for call in calls if call["completed"]]
        if request.status == "done" and request.stored not in whole:
            yield f"{request.id} is done with {request.stored!r}, sent was {whole}"
        if request.stored and not any(storable(call["text"]).startswith(request.stored) for call in calls):
            yield f"{request.id} ({request.status}): {request.stored!r} is no beginning of what was sent"


def nothing_is_left_over(facts: Facts) -> Iterator[str]:
    """I10: no text of ended requests in the chunk log, and nothing that waits to be sent."""
    status = {request.id: request.status for request in facts.requests}
    for request_id in facts.chunks:
        if status.get(request_id) in FINAL:
            yield f"{request_id} has ended and has chunks"
    for request in facts.requests:
        if request.status == "pending" and facts.now > request.deadline:
            yield f"{request.id} still waits"


def storable(text: str) -> str:
    """UTF-16 joins the halves of a pair; what cannot be stored is U+FFFD."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").replace("\0", "\ufffd")
