"""The admin of this app's tables and of ai's, and what a user and a team spend. Each page answers a named question."""

from requests_app.admin.alerts import CostAlertAdmin, CostAlertDayAdmin, UsageDayAdmin
from requests_app.admin.attempts import AttemptAdmin
from requests_app.admin.budgets import BudgetAdmin, HoldAdmin, ShareAdmin, WindowAdmin
from requests_app.admin.catalogue import ModelAdmin, ProviderAdmin, RouteAdmin, TierAdmin, VersionAdmin
from requests_app.admin.feedback import FeedbackAdmin
from requests_app.admin.knowledge import EmbeddingSetAdmin, KnowledgeDocumentAdmin
from requests_app.admin.moves import MoveAdmin
from requests_app.admin.people import SpendingPersonAdmin, SpendingTeamAdmin
from requests_app.admin.prompts import PromptLabelAdmin, PromptTemplateAdmin
from requests_app.admin.quality import PromptReviewAdmin, QualityDayAdmin, QualityReportAdmin
from requests_app.admin.requests import RequestAdmin
from requests_app.admin.reviews import ReviewActionAdmin, ReviewQueueAdmin
from requests_app.admin.traces import IdempotencyKeyAdmin, PulseAdmin
from requests_app.admin.usage import UsageAdmin
from requests_app.admin.workers import WorkerLeaseAdmin

__all__ = [
    "AttemptAdmin",
    "BudgetAdmin",
    "CostAlertAdmin",
    "CostAlertDayAdmin",
    "EmbeddingSetAdmin",
    "FeedbackAdmin",
    "HoldAdmin",
    "IdempotencyKeyAdmin",
    "KnowledgeDocumentAdmin",
    "ModelAdmin",
    "MoveAdmin",
    "PromptLabelAdmin",
    "PromptReviewAdmin",
    "PromptTemplateAdmin",
    "ProviderAdmin",
    "PulseAdmin",
    "QualityDayAdmin",
    "QualityReportAdmin",
    "RequestAdmin",
    "ReviewActionAdmin",
    "ReviewQueueAdmin",
    "RouteAdmin",
    "ShareAdmin",
    "SpendingPersonAdmin",
    "SpendingTeamAdmin",
    "TierAdmin",
    "UsageAdmin",
    "UsageDayAdmin",
    "VersionAdmin",
    "WindowAdmin",
    "WorkerLeaseAdmin",
]
