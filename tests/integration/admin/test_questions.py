"""Each question that the admin is for, answered by following links from its first page: three at most."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from html import escape
from html.parser import HTMLParser
from urllib.parse import urljoin

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import ApiToken, User
from ai.models import PromptLabel, PromptTemplate
from ai.prompts.registry import move_label
from requests_app.models import Status
from requests_app.models.clock import seconds_from_now
from requests_app.pages.wording import call_end, failure
from tests.integration.admin.furniture import lease_of, request_of, use

MOST = 3


class Links(HTMLParser):
    """The links of a page: address and words."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self._open: str | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self._open = dict(attrs).get("href") or ""
            self.found.append((self._open, ""))

    def handle_data(self, data: str) -> None:
        if self._open is not None:
            address, words = self.found[-1]
            self.found[-1] = (address, f"{words}{data}")

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._open = None


def follow(client: Client, *clicks: str) -> str:
    """From the first page along links whose address or words hold these; returns the last page."""
    assert len(clicks) <= MOST
    path = "/admin/"
    page = client.get(path).content.decode()
    for click in clicks:
        links = Links(page).found
        ways = [address for address, words in links if click in address or click == " ".join(words.split())]
        assert ways, f"no link {click!r} on {path}"
        path = urljoin(path, ways[0])
        answer = client.get(path)
        assert answer.status_code == 200, path
        page = answer.content.decode()
    return page


def test_what_did_this_user_spend(admin: Client, alice: User) -> None:
    use(request_of(alice, status=Status.CANCELLED), cost=Decimal("1.25"))
    unpriced = request_of(alice, status=Status.CANCELLED)
    use(unpriced, cost=None)
    use(unpriced, cost=None, attempt=2)
    page = follow(admin, "/accounts/user/", f"/{alice.pk}/change/")
    assert "Today: $1.25 + unknown (2 calls) in 3 calls" in page
    assert "30 days: $1.25 + unknown (2 calls) in 3 calls" in page
    assert "document_summary" in page
    assert "2,100 / 123" in page


def test_what_does_this_team_spend(admin: Client, alice: User, bob: User) -> None:
    use(request_of(alice, status=Status.CANCELLED), cost=Decimal("0.75"))
    use(request_of(bob, status=Status.CANCELLED), cost=Decimal(4))
    page = follow(admin, "/accounts/team/", f"/{alice.personal_team.pk}/change/")
    assert "Today: $0.75 in 1 calls" in page


def test_why_did_this_request_fail(admin: Client, alice: User) -> None:
    failed = request_of(alice, status=Status.FAILED, error_code="provider_unavailable", error_message="Nobody home.")
    use(failed, cost=None, outcome="provider_unavailable")
    use(failed, cost=Decimal("0.002"), attempt=2, outcome="context_exceeded")
    page = follow(admin, "/requests_app/airequest/", f"/{failed.pk}/change/")
    assert f"{escape(failure('provider_unavailable'))} Nobody home." in page
    for part in (
        escape(call_end("provider_unavailable")),
        escape(call_end("context_exceeded")),
        "embedded",
        "700 / 41",
        "$0.002",
    ):
        assert part in page


def test_failures_of_the_day_lead_to_their_requests(admin: Client, alice: User) -> None:
    failed = request_of(alice, status=Status.FAILED, error_code="refused")
    page = follow(admin, "failure=refused", f"/{failed.pk}/change/")
    assert escape(failure("refused")) in page


def test_which_version_is_live_since_when_and_by_whom(admin: Client) -> None:
    row = PromptTemplate.objects.filter(key="document_summary").latest("created")
    move_label(key=row.key, version=row.version, by="carol", reason="reads better")
    label = PromptLabel.objects.latest("at")
    page = follow(admin, "/ai/prompttemplate/")
    assert "carol" in page
    page = follow(admin, "/ai/prompttemplate/", f"/{row.pk}/change/")
    assert "reads better" in page
    assert str(label.at.year) in page


def test_which_worker_holds_this_request(admin: Client, alice: User) -> None:
    lease = lease_of("quay-7")
    held = request_of(alice, status=Status.PROCESSING, lease=lease)
    assert "quay-7:7" in follow(admin, "/requests_app/airequest/", f"/{held.pk}/change/")
    page = follow(admin, "/requests_app/airequest/", f"/{held.pk}/change/", f"/{lease.pk}/change/")
    assert str(held) in page


def test_which_tokens_does_this_user_have(admin: Client, alice: User) -> None:
    token = ApiToken.objects.create(alice, name="laptop")[0]
    ApiToken.objects.update(last_used=datetime(2019, 4, 1, tzinfo=UTC))
    page = follow(admin, "/accounts/user/", f"/{alice.pk}/change/")
    assert "laptop" in page
    assert token.token_key in page
    assert "1 Apr 2019, 00:00:00" in page
    assert token.digest not in page


@pytest.mark.parametrize("kind", ["waiting", "lost", "late", "unstoppable"])
def test_what_is_stuck(admin: Client, alice: User, kind: str) -> None:
    past, now = seconds_from_now(-600), timezone.now()
    held = {"status": Status.PROCESSING, "lease": lease_of("gone")}
    row = {
        "waiting": {"status": Status.PENDING, "created": past},
        "lost": held,
        "late": {**held, "deadline": past},
        "unstoppable": {**held, "cancel_requested_at": past},
    }[kind]
    if kind == "lost":
        held["lease"].__class__.objects.update(expires_at=past)  # type: ignore[attr-defined]
    stuck = request_of(alice, **row)
    fine = request_of(alice, status=Status.PENDING, created=now)
    for page in (follow(admin, "stuck=any"), follow(admin, "/requests_app/airequest/", f"stuck={kind}")):
        assert str(stuck.pk) in page
        assert str(fine.pk) not in page
