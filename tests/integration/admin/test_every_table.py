"""What holds of every table in the admin, in whatever dress these tests run."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin as contrib
from django.contrib.admin.utils import quote
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import ApiToken
from ai.models import CatalogueVersion, LLMUsageLog, PromptLabel, PromptTemplate
from documents.models import DocumentContent, DocumentText, DocumentVersion
from requests_app.models import (
    AIAttempt,
    AIRequest,
    AIReviewQueue,
    ApprovedAnswer,
    BudgetHold,
    BudgetWindow,
    Citation,
    CostAlert,
    CostAlertDay,
    HoldShare,
    PromptReview,
    QualityDay,
    QualityReport,
    RequestMove,
    RequestSource,
    ReviewAction,
    StreamChunk,
    TokenBudget,
    UncountedAnswer,
    UncountedReuse,
    UncountedUsage,
    UsageCount,
    UsageDay,
)
from tests.integration.admin.furniture import furnish

MODELS = sorted(contrib.site._registry, key=lambda model: model._meta.label)
HOLDS = [BudgetWindow, BudgetHold, HoldShare]
LEDGERS = [
    LLMUsageLog,
    AIAttempt,
    AIRequest,
    RequestMove,
    AIReviewQueue,
    ReviewAction,
    PromptReview,
    QualityDay,
    QualityReport,
    *HOLDS,
    CostAlertDay,
    UsageDay,
    PromptTemplate,
    PromptLabel,
    CatalogueVersion,
    DocumentVersion,
]
OURS = {"accounts", "ai", "documents", "requests_app"}
GARBAGE = ["x", "\x00", "999999999999999999999", "'\"<b>%[]"]

every_table = pytest.mark.parametrize("model", MODELS, ids=lambda model: str(model._meta.label))


def address(model: type[Model], *rest: str) -> str:
    return "/".join(["/admin", model._meta.app_label, str(model._meta.model_name), *rest, ""])


def test_every_table_of_ours_has_an_admin() -> None:
    tables = {model for label in OURS for model in apps.get_app_config(label).get_models()}
    # Django's admin takes no composite keys, and shows their number; what a row was is its own page's history; what is
    # still to be counted is gone before anybody has looked. Bytes and texts of documents are on their documents' pages,
    # sources and citations on their requests'.
    histories = {TokenBudget.history.model, CostAlert.history.model}
    counting = {UncountedUsage, UncountedAnswer, UncountedReuse, ApprovedAnswer, UsageCount}
    written = {DocumentContent, DocumentText}
    grounds = {RequestSource, Citation}
    assert tables - set(MODELS) == {StreamChunk, *histories, *counting, *written, *grounds}


@every_table
def test_list_and_page_open(admin: Client, model: type[Model]) -> None:
    furnish(1)
    assert admin.get(address(model)).status_code == 200
    if model is not ApiToken:
        for row in model._default_manager.all()[:2]:
            assert admin.get(address(model, quote(str(row.pk)), "change")).status_code == 200
            assert admin.get(address(model, quote(str(row.pk)), "history")).status_code == 200


def test_more_rows_cost_no_more_queries(admin: Client) -> None:
    furnish(3)
    queries_of_lists(admin)  # what is asked once a process
    few = queries_of_lists(admin)
    furnish(27)
    assert queries_of_lists(admin) == few


def queries_of_lists(client: Client) -> dict[str, int]:
    asked = {}
    for model in MODELS:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address(model)).status_code == 200
        asked[model._meta.label] = len(captured)
    return asked


@every_table
@pytest.mark.parametrize("garbage", GARBAGE)
def test_garbage_is_answered(admin: Client, model: type[Model], garbage: str) -> None:
    furnish(1)
    for name in ["q", "p", "o", "e", "all", "id__exact", "pk", *parameters(model)]:
        assert admin.get(address(model), {name: garbage}).status_code in {200, 302, 400}, name
    if model is not ApiToken:
        assert admin.get(address(model, quote(garbage), "change")).status_code in {302, 404}
    chosen = {"action": "delete_selected", "index": "0", "_selected_action": garbage}
    assert admin.post(address(model), chosen).status_code in {200, 302, 403}


def parameters(model: type[Model]) -> list[str]:
    """What the list's own filters are asked with, and what other pages ask."""
    entry: Any = contrib.site._registry[model]
    names = [item[0] if isinstance(item, tuple) else item for item in entry.list_filter]
    names = [getattr(name, "parameter_name", name) for name in names]
    linked = getattr(entry, "linked_by", ())
    endings = ["", "__exact", "__id__exact", "__gte"]
    return [f"{name}{ending}" for name in [*names, *linked] for ending in endings]


@pytest.mark.parametrize("model", LEDGERS, ids=lambda model: str(model._meta.label))
def test_ledgers_are_only_looked_at(admin: Client, model: type[Model]) -> None:
    furnish(1)
    row = model._default_manager.all()[0]
    assert admin.get(address(model, "add")).status_code == 403
    assert admin.post(address(model, str(row.pk), "change"), {"status": "done"}).status_code == 403
    assert admin.post(address(model, str(row.pk), "delete"), {"post": "yes"}).status_code == 403
    assert "delete_selected" not in admin.get(address(model)).content.decode()
