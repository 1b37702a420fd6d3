"""AIRequest: one question to a model, from acceptance to its end, and the moves it may make."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pgtrigger
from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from ai.models import PromptTemplate
from requests_app.models.clock import ClockedField, DatabaseClock, seconds_from_now
from requests_app.models.lease import WorkerLease

if TYPE_CHECKING:
    from accounts.models import User


class Status(models.TextChoices):
    PENDING = "pending", _("queued")
    PROCESSING = "processing", _("running")
    REVIEW = "review", _("in review")
    DONE = "done", _("done")
    REJECTED = "rejected", _("rejected")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("cancelled")
    EXPIRED = "expired", _("expired")


# Which status may follow which; everything else is refused. What has no followers is final.
MOVES: dict[str, frozenset[str]] = {
    Status.PENDING: frozenset({Status.PROCESSING, Status.CANCELLED, Status.EXPIRED, Status.FAILED}),
    Status.PROCESSING: frozenset(
        {Status.PENDING, Status.REVIEW, Status.DONE, Status.FAILED, Status.CANCELLED, Status.EXPIRED}
    ),
    Status.REVIEW: frozenset({Status.DONE, Status.REJECTED, Status.CANCELLED, Status.FAILED}),
}
OPEN = [Status.PENDING, Status.PROCESSING]
FINAL = frozenset(status for status in Status.values if status not in MOVES)
WRITE_MOVE = """
INSERT INTO requests_app_requestmove (request_id, source, target, attempt, code)
VALUES (
    NEW.id, CASE TG_OP WHEN 'INSERT' THEN '' ELSE OLD.status END, NEW.status, NEW.attempt,
    CASE WHEN NEW.error_code = '' AND NEW.status = 'pending' AND TG_OP = 'UPDATE' THEN NEW.attempt_reason
        ELSE NEW.error_code END
);
RETURN NULL;
"""


def sources(target: str) -> list[str]:
    """The statuses that may be left for ``target``."""
    return [source for source, targets in MOVES.items() if target in targets]


class Lane(models.TextChoices):
    INTERACTIVE = "interactive", _("interactive")
    NORMAL = "normal", _("normal")
    BULK = "bulk", _("bulk")


class Priority(models.TextChoices):
    FAST = "fast", _("fast")
    BALANCED = "balanced", _("balanced")
    QUALITY = "quality", _("quality")


class AttemptReason(models.TextChoices):
    FIRST = "first", _("first try")
    RETRY = "retry", _("tried again")
    FALLBACK = "fallback", _("another model")
    TAKEOVER = "takeover", _("another worker")
    RESUMED = "resumed", _("after waiting")
    REASK = "reask", _("asked for the required form")
    TWIN = "twin", _("after an equal request")


class Stuck(models.TextChoices):
    """What should have moved on by itself, and has not."""

    WAITING = "waiting", _("Nobody takes it")
    LOST = "lost", _("Its worker is gone")
    LATE = "late", _("Past its deadline")
    UNSTOPPABLE = "unstoppable", _("Does not stop")


LONG_WAIT_S = 60.0  # from where on it wants more workers
GRACE_S = 15.0  # within which sweeps and workers put things right by themselves


def _stuck() -> dict[Stuck, models.Q]:
    long_ago, lately = seconds_from_now(-LONG_WAIT_S), seconds_from_now(-GRACE_S)
    due = models.Q(not_before=None) | models.Q(not_before__lte=long_ago)
    return {
        Stuck.LOST: models.Q(status=Status.PROCESSING, lease__expires_at__lte=lately),
        Stuck.LATE: models.Q(deadline__lte=lately),
        Stuck.UNSTOPPABLE: models.Q(status=Status.PROCESSING, cancel_requested_at__lte=lately),
        Stuck.WAITING: models.Q(due, status=Status.PENDING, created__lte=long_ago),
    }


# Long, and shown on a request's own page alone: lists leave them in the database.
LONG_COLUMNS = ("payload", "metadata", "result", "partial", "output")


def texts_of(relation: str) -> list[str]:
    """The long columns of requests that another table's rows bring along."""
    return [f"{relation}__{column}" for column in LONG_COLUMNS]


class AIRequestQuerySet(models.QuerySet["AIRequest"]):
    def owned_by(self, user: User) -> AIRequestQuerySet:
        """Requests are private to their user, who sees none that they deleted."""
        return self.filter(user=user, deleted_at=None)

    def deleted_by(self, user: User) -> AIRequestQuerySet:
        """What they can still restore."""
        return self.filter(user=user, deleted_at__isnull=False, erased_at=None)

    def without_texts(self) -> AIRequestQuerySet:
        return self.defer(*LONG_COLUMNS)

    def held(self, request_id: UUID, attempt: int) -> AIRequestQuerySet:
        """The fence: the row only while this very attempt is the running one."""
        return self.filter(pk=request_id, attempt=attempt, status=Status.PROCESSING)

    def move(self, target: Status, **changes: Any) -> int:
        """The conditional UPDATE behind every status change; the count says who won."""
        if target in FINAL:
            changes.setdefault("completed", DatabaseClock())
        if target != Status.PROCESSING:
            changes.setdefault("lease", None)
        return self.filter(status__in=sources(target)).update(status=target, **changes)

    def put_back(self, *, after_s: float, reason: AttemptReason) -> int:
        """Queue again, not before ``after_s`` seconds from now; a request with a cancel under way is left alone."""
        return self.filter(cancel_requested_at=None).move(
            Status.PENDING, not_before=seconds_from_now(after_s), attempt_reason=reason
        )

    def ask_to_cancel(self) -> int:
        """Mark running requests, whose holders end them; the first wish counts."""
        return self.filter(status=Status.PROCESSING).update(
            cancel_requested_at=Coalesce("cancel_requested_at", DatabaseClock())
        )

    def open(self) -> AIRequestQuerySet:
        """Not over yet. Each of the two has an index of its own; a list of statuses would have the whole table read."""
        return self.filter(models.Q(status=Status.PENDING) | models.Q(status=Status.PROCESSING))

    def stuck(self, kind: Stuck | None = None) -> AIRequestQuerySet:
        """Of one kind or of any; each row says in ``stuck`` which it is, the gravest of several."""
        kinds = _stuck()
        gravest = models.Case(*(models.When(which, then=models.Value(each)) for each, which in kinds.items()))
        wanted = kinds[kind] if kind else reduce(or_, kinds.values())
        return self.open().filter(wanted).annotate(stuck=gravest)

    def due(self) -> AIRequestQuerySet:
        """What a worker could claim now."""
        now = DatabaseClock()
        return self.filter(
            models.Q(not_before=None) | models.Q(not_before__lte=now),
            status=Status.PENDING,
            deadline__gt=now,
        )


class AIRequest(models.Model):
    """A request and its answer. Text belongs to the user alone; the team shares what it costs.

    ``attempt`` is the fence: each provider call has its own number, and whoever writes text, result or status names the
    number under which it works. ``result`` is set only when done, ``partial`` is what an unfinished one had written.
    What a person has to judge first is in neither, but in its AIReviewQueue.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="ai_requests")
    team = models.ForeignKey("accounts.Team", on_delete=models.PROTECT, related_name="ai_requests")
    status = models.CharField(_("status"), max_length=16, choices=Status.choices, default=Status.PENDING)
    lane = models.CharField(_("lane"), max_length=16, choices=Lane.choices, default=Lane.INTERACTIVE)
    priority = models.CharField(_("priority"), max_length=16, choices=Priority.choices, default=Priority.BALANCED)

    template = models.ForeignKey(PromptTemplate, on_delete=models.PROTECT, related_name="+")
    prompt_key = models.CharField(_("prompt"), max_length=100)
    prompt_version = models.CharField(_("prompt version"), max_length=50)
    prompt_hash = models.CharField(_("prompt hash"), max_length=64)
    payload = models.JSONField(_("payload"))
    input_estimate = models.PositiveIntegerField(_("estimated input tokens"))
    object_id = models.CharField(_("object id"), max_length=200, blank=True)
    metadata = models.JSONField(_("metadata"), default=dict, blank=True)
    retry_of = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="retries")

    route = models.JSONField(_("route"), help_text=_("Names of the models to ask, in order, as accepted."))
    catalogue = models.PositiveBigIntegerField(
        _("version of the catalogue"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("What its models are is read there, whatever was edited since; empty: in the file."),
    )
    quality_level = models.PositiveSmallIntegerField(_("quality level"), null=True, blank=True, editable=False)
    model_asked = models.CharField(_("model asked"), max_length=200)
    model = models.CharField(_("model"), max_length=200, blank=True)
    provider = models.CharField(_("provider"), max_length=100, blank=True)

    attempt = models.PositiveIntegerField(_("attempt"), default=0)
    attempt_reason = models.CharField(
        _("attempt reason"), max_length=16, choices=AttemptReason.choices, default=AttemptReason.FIRST
    )
    takeovers = models.PositiveIntegerField(_("takeovers"), default=0)
    lease = models.ForeignKey(WorkerLease, null=True, blank=True, on_delete=models.PROTECT, related_name="requests")
    cancel_requested_at = models.DateTimeField(_("cancel requested at"), null=True, blank=True)
    not_before = models.DateTimeField(_("not before"), null=True, blank=True)
    deadline = ClockedField(_("deadline"))

    fingerprint = models.CharField(
        _("fingerprint"),
        max_length=64,
        blank=True,
        default="",
        db_default="",
        editable=False,
        help_text=_("The same for equal requests; empty where no answer serves again."),
    )
    leading = models.BooleanField(
        _("asks for its equals"), default=False, db_default=False, editable=False, help_text=_("While it runs.")
    )
    answered_by = models.ForeignKey(
        "self",
        verbose_name=_("answered by"),
        null=True,
        blank=True,
        editable=False,
        db_index=False,
        on_delete=models.PROTECT,
        related_name="+",
        help_text=_("The earlier request whose answer served again."),
    )
    saved_usd = models.DecimalField(
        _("saved, in USD"), max_digits=20, decimal_places=12, null=True, blank=True, editable=False
    )
    stale = models.BooleanField(
        _("stale"), default=False, db_default=False, editable=False, help_text=_("No model answered: an old answer.")
    )
    gated = models.BooleanField(
        _("gated"),
        default=False,
        db_default=False,
        editable=False,
        help_text=_("No text leaves before it has been judged."),
    )

    http_request_id = models.CharField(_("HTTP request id"), max_length=64, blank=True, editable=False)
    traceparent = models.CharField(_("trace parent"), max_length=55, blank=True, editable=False)

    result = models.TextField(_("result"), null=True, blank=True)  # noqa: DJ001 - no answer is not an empty answer
    partial = models.TextField(_("partial text"), blank=True)
    output = models.JSONField(
        _("structured output"), null=True, blank=True, help_text=_("The answer's value, where the prompt has a schema.")
    )
    repaired = models.BooleanField(_("repaired"), default=False)
    refused = models.BooleanField(
        _("refused"), null=True, editable=False, help_text=_("Whether the model refused; unknown without an answer.")
    )
    answer_length = models.PositiveIntegerField(
        _("length of the answer"), null=True, editable=False, help_text=_("In characters, as the model wrote it.")
    )
    error_code = models.CharField(_("error code"), max_length=50, blank=True)
    error_message = models.CharField(_("error message"), max_length=500, blank=True)

    input_tokens = models.PositiveIntegerField(_("uncached input tokens"), null=True, blank=True)
    cache_read_tokens = models.PositiveIntegerField(_("cached input tokens"), null=True, blank=True)
    cache_write_tokens = models.PositiveIntegerField(_("cache write tokens"), null=True, blank=True)
    output_tokens = models.PositiveIntegerField(_("output tokens"), null=True, blank=True)
    usage_estimated = models.BooleanField(_("usage estimated"), default=False)
    cost_usd = models.DecimalField(
        _("cost in USD"), max_digits=20, decimal_places=12, null=True, blank=True, validators=[MinValueValidator(0)]
    )

    created = models.DateTimeField(_("created"), db_default=DatabaseClock(), editable=False)
    started = models.DateTimeField(_("started"), null=True, blank=True)
    first_token = models.DateTimeField(_("first token"), null=True, blank=True)
    completed = models.DateTimeField(_("completed"), null=True, blank=True)

    deleted_at = models.DateTimeField(_("deleted at"), null=True, blank=True, editable=False)
    erased_at = models.DateTimeField(_("content erased at"), null=True, blank=True, editable=False)

    objects = AIRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("request")
        verbose_name_plural = _("requests")
        ordering = ["-created", "-id"]
        permissions = [("view_request_text", "Can read the texts of other people's requests")]
        indexes = [
            models.Index(fields=["user", "-created", "-id"], name="request_by_user"),
            models.Index(fields=["created"], name="request_pending", condition=models.Q(status=Status.PENDING)),
            models.Index(
                fields=["lane", "user", "created", "id"],
                name="request_queue",
                condition=models.Q(status=Status.PENDING),
            ),
            models.Index(fields=["lease"], name="request_running", condition=models.Q(status=Status.PROCESSING)),
            models.Index(fields=["user"], name="request_open_of_user", condition=models.Q(status__in=OPEN)),
            models.Index(fields=["team"], name="request_open_of_team", condition=models.Q(status__in=OPEN)),
            models.Index(
                fields=["template", "-completed"],
                name="request_done_of_prompt",
                condition=models.Q(status=Status.DONE),
            ),
            models.Index(
                fields=["answered_by"],
                name="request_answered_by",
                condition=models.Q(answered_by__isnull=False),
            ),
            models.Index(
                fields=["fingerprint", "-completed"], name="request_equals", condition=~models.Q(fingerprint="")
            ),
            models.Index(fields=["completed"], name="request_by_end", condition=models.Q(completed__isnull=False)),
            models.Index(
                fields=["deleted_at"],
                name="request_to_erase",
                condition=models.Q(deleted_at__isnull=False, erased_at=None),
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(status__in=Status.values), name="request_status_known"),
            models.CheckConstraint(
                condition=models.Q(status=Status.DONE, result__isnull=False)
                | (~models.Q(status=Status.DONE) & models.Q(result=None)),
                name="request_result_only_when_done",
            ),
            models.CheckConstraint(
                condition=models.Q(status=Status.PROCESSING, lease__isnull=False)
                | (~models.Q(status=Status.PROCESSING) & models.Q(lease=None)),
                name="request_lease_only_when_running",
            ),
            models.CheckConstraint(
                condition=models.Q(cancel_requested_at=None) | ~models.Q(status=Status.PENDING),
                name="request_waits_without_a_wish_to_cancel",
            ),
        ]
        triggers = [
            pgtrigger.FSM(
                name="moves",
                field="status",
                transitions=[(source, target) for source, targets in MOVES.items() for target in sorted(targets)],
            ),
            pgtrigger.Trigger(name="first_move", when=pgtrigger.After, operation=pgtrigger.Insert, func=WRITE_MOVE),
            pgtrigger.Trigger(
                name="further_move",
                when=pgtrigger.After,
                operation=pgtrigger.UpdateOf("status"),  # type: ignore[no-untyped-call]
                condition=pgtrigger.AnyChange("status"),
                func=WRITE_MOVE,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.prompt_key} {self.id}"

    @property
    def final(self) -> bool:
        return self.status in FINAL

    @property
    def text(self) -> str:
        """What is there to read after the end: the answer, or the part of it."""
        return self.result if self.result is not None else self.partial
