from requests_app.models.attempt import AIAttempt
from requests_app.models.chunk import StreamChunk
from requests_app.models.idempotency import IdempotencyKey
from requests_app.models.lease import WorkerLease
from requests_app.models.pulse import Pulse
from requests_app.models.request import FINAL, AIRequest, AttemptReason, Lane, Priority, Status, Stuck

__all__ = [
    "FINAL",
    "AIAttempt",
    "AIRequest",
    "AttemptReason",
    "IdempotencyKey",
    "Lane",
    "Priority",
    "Pulse",
    "Status",
    "StreamChunk",
    "Stuck",
    "WorkerLease",
]
