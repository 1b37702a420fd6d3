from requests_app.models.alert import CostAlert, CostAlertDay
from requests_app.models.attempt import AIAttempt
from requests_app.models.budget import BudgetHold, BudgetWindow, HoldShare, HoldState, Measure, Period, TokenBudget
from requests_app.models.chunk import StreamChunk
from requests_app.models.feedback import AIOutputFeedback, Rating
from requests_app.models.idempotency import IdempotencyKey
from requests_app.models.lease import WorkerLease
from requests_app.models.move import RequestMove
from requests_app.models.pulse import Pulse
from requests_app.models.quality import PromptReview, QualityDay, QualityReport
from requests_app.models.request import FINAL, AIRequest, AttemptReason, Lane, Priority, Status, Stuck
from requests_app.models.review import AIReviewQueue, ReviewAction, ReviewKind, ReviewStep, ReviewVerdict
from requests_app.models.source import Citation, RequestSource, StaleReason
from requests_app.models.usage import (
    ApprovedAnswer,
    Dimension,
    Scope,
    UncountedAnswer,
    UncountedReuse,
    UncountedUsage,
    UsageCount,
    UsageDay,
)

__all__ = [
    "FINAL",
    "AIAttempt",
    "AIOutputFeedback",
    "AIRequest",
    "AIReviewQueue",
    "ApprovedAnswer",
    "AttemptReason",
    "BudgetHold",
    "BudgetWindow",
    "Citation",
    "CostAlert",
    "CostAlertDay",
    "Dimension",
    "HoldShare",
    "HoldState",
    "IdempotencyKey",
    "Lane",
    "Measure",
    "Period",
    "Priority",
    "PromptReview",
    "Pulse",
    "QualityDay",
    "QualityReport",
    "Rating",
    "RequestMove",
    "RequestSource",
    "ReviewAction",
    "ReviewKind",
    "ReviewStep",
    "ReviewVerdict",
    "Scope",
    "StaleReason",
    "Status",
    "StreamChunk",
    "Stuck",
    "TokenBudget",
    "UncountedAnswer",
    "UncountedReuse",
    "UncountedUsage",
    "UsageCount",
    "UsageDay",
    "WorkerLease",
]
