"""What unfold shows around the admin's pages. Its colours are in config/static/lintel/admin.css."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# Sections of the sidebar: title, and its tables as (app, model, name, icon).
SECTIONS: list[tuple[str | Promise, list[tuple[str, str, str | Promise, str]]]] = [
    (
        _("Requests"),
        [
            ("requests_app", "airequest", _("Requests"), "forum"),
            ("requests_app", "aioutputfeedback", _("Feedback"), "thumbs_up_down"),
            ("requests_app", "aiattempt", _("Attempts"), "replay"),
            ("requests_app", "requestmove", _("Moves"), "timeline"),
            ("requests_app", "aireviewqueue", _("Review queue"), "rate_review"),
            ("requests_app", "promptreview", _("Reviews of prompts"), "fact_check"),
            ("requests_app", "qualityreport", _("Quality reports"), "summarize"),
            ("requests_app", "qualityday", _("Days of quality figures"), "calendar_month"),
            ("requests_app", "idempotencykey", _("Idempotency keys"), "key"),
        ],
    ),
    (
        _("Cost"),
        [
            ("ai", "llmusagelog", _("Usage records"), "receipt_long"),
            ("requests_app", "tokenbudget", _("Budgets"), "savings"),
            ("requests_app", "costalert", _("Cost alerts"), "notifications"),
            ("requests_app", "costalertday", _("Days of cost alerts"), "event"),
            ("requests_app", "usageday", _("Usage by day"), "calendar_month"),
            ("requests_app", "budgetwindow", _("Periods of budgets"), "date_range"),
            ("requests_app", "budgethold", _("Holds"), "front_hand"),
            ("requests_app", "holdshare", _("Shares of holds"), "pie_chart"),
        ],
    ),
    (
        _("Documents"),
        [
            ("documents", "document", _("Documents"), "article"),
            ("documents", "documentversion", _("Versions of documents"), "history"),
            ("documents", "documentkey", _("Keys of documents"), "key"),
        ],
    ),
    (
        _("Prompts"),
        [
            ("ai", "prompttemplate", _("Versions"), "description"),
            ("ai", "promptlabel", _("Labels"), "label"),
        ],
    ),
    (
        _("Models"),
        [
            ("ai", "modelroute", _("Routes"), "alt_route"),
            ("ai", "llmmodel", _("Models"), "smart_toy"),
            ("ai", "llmprovider", _("Providers"), "dns"),
            ("ai", "tierqualitymapping", _("Tiers"), "stairs"),
            ("ai", "catalogueversion", _("Versions of the catalogue"), "history"),
        ],
    ),
    (
        _("People"),
        [
            ("accounts", "user", _("Users"), "person"),
            ("accounts", "team", _("Teams"), "groups"),
            ("accounts", "membership", _("Memberships"), "badge"),
            ("accounts", "apitoken", _("API tokens"), "vpn_key"),
            ("auth", "group", _("Groups"), "admin_panel_settings"),
        ],
    ),
    (
        _("Machinery"),
        [
            ("requests_app", "workerlease", _("Workers"), "memory"),
            ("ai_rag", "knowledgedocument", _("Index"), "manage_search"),
            ("ai_rag", "embeddingset", _("Embedding sets"), "hub"),
            ("requests_app", "pulse", _("Pulses"), "monitor_heart"),
            ("django_celery_beat", "periodictask", _("Periodic tasks"), "schedule"),
            ("admin", "logentry", _("History of this admin"), "history"),
        ],
    ),
]


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """The sections with what this person may see, and no empty ones."""
    sections = [{"title": title, "separator": True, "items": _items(request, tables)} for title, tables in SECTIONS]
    return [section for section in sections if section["items"]]


def _items(request: HttpRequest, tables: list[tuple[str, str, str | Promise, str]]) -> list[dict[str, Any]]:
    return [
        {"title": name, "icon": icon, "link": reverse_lazy(f"admin:{app}_{model}_changelist")}
        for app, model, name, icon in tables
        if request.user.has_perm(f"{app}.view_{model}") or request.user.has_perm(f"{app}.change_{model}")
    ]


def _mark(_request: HttpRequest) -> str:
    return static("lintel/mark.svg")


def _nothing(_request: HttpRequest) -> dict[str, Any]:
    """No colours in the page: a style element would need 'unsafe-inline'."""
    return {}


UNFOLD = {
    "SITE_TITLE": "Lintel",
    "SITE_HEADER": "Lintel",
    "SITE_SUBHEADER": _("Administration"),
    "SITE_URL": "/",
    "SITE_ICON": _mark,
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": _mark}],
    "COLORS": _nothing,
    "STYLES": [lambda _request: static("lintel/admin.css")],
    "SCRIPTS": [lambda _request: static("lintel/admin.js")],
    "DASHBOARD_CALLBACK": "requests_app.admin.dashboard.dashboard",
    "SIDEBAR": {"navigation": sidebar},
}
