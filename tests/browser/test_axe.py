"""axe finds nothing serious on any page, in any of its states, light and dark, narrow and wide."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.template.loader import render_to_string
from playwright.sync_api import FilePayload, expect

from tests.browser.conftest import OpenDesk
from tests.browser.desk import FAILING_MS, PATIENCE_MS, Desk
from tests.browser.figures import fill, forget
from tests.browser.reviewers import clear, hold_of_another, may_judge
from tests.browser.test_cost import send_and_count
from tests.process.client import submit
from tests.process.stack import Person, directive

GRAVE = {"serious", "critical"}
SLOW = directive(text="One word after another. " * 400, chunk_delay_s=0.05)
RICH = directive(
    text="# Gist\n\nSome **words**, `code`, [a link](https://example.org).\n\n> quoted\n\n| a |\n|---|\n| b |\n"
)
axe = Axe()


def go(path: str) -> Callable[[Desk], None]:
    def there(desk: Desk) -> None:
        desk.page.goto(f"{desk.stack.base_url}{path}")

    return there


def log_in(desk: Desk) -> None:
    desk.page.get_by_role("button", name="Log out").click()
    desk.page.wait_for_url("**/login")


def log_in_refused(desk: Desk) -> None:
    log_in(desk)
    desk.page.get_by_role("button", name="Log in").click()
    desk.page.get_by_role("alert").wait_for()


def run_refused(desk: Desk) -> None:
    desk.write("")
    desk.page.get_by_role("button", name="Send").click()
    desk.page.get_by_role("alert").wait_for()


def run_with_a_file(desk: Desk) -> None:
    desk.write("Typed by hand.")
    file = {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"From a file."}
    desk.page.locator("[data-file-input]").first.set_input_files(file)  # type: ignore[arg-type]
    desk.page.get_by_role("button", name="Bring back what stood here").wait_for()


def running(desk: Desk) -> None:
    desk.send(SLOW)
    desk.wait_for_text(30)


def done(desk: Desk) -> None:
    desk.send(RICH)
    desk.wait_for_end()
    for fold in desk.page.locator("details").all():
        fold.locator("summary").click()


def rated(desk: Desk) -> None:
    desk.send(directive(text="Short."))
    desk.page.locator("#thumb-down").click(timeout=PATIENCE_MS)
    expect(desk.page.locator("#feedback-comment")).to_be_visible()


def done_with_data(desk: Desk) -> None:
    desk.send(directive(text='{"category": "payment", "urgency": "high"}'), prompt="ticket_classify")
    desk.wait_for_end()
    desk.page.get_by_text("Raw JSON").click()


def failed(desk: Desk) -> None:
    desk.send(directive(text="x", ending="error", status=400))
    desk.wait_for_end(patience_ms=FAILING_MS)
    desk.page.locator("#notices .bad").wait_for()


def history_filled(desk: Desk) -> None:
    submit(desk.stack, desk.person, RICH)
    submit(desk.stack, desk.person, directive(text="x", ending="error", status=400))
    submit(desk.stack, desk.person, SLOW)
    go("/history")(desk)
    desk.page.locator("[data-pick]").first.check()
    desk.page.locator("#results details summary").click()


def history_cancelled(desk: Desk) -> None:
    history_filled(desk)
    desk.page.get_by_role("button", name="Cancel selected").click()
    desk.page.locator(".messages").wait_for()


def history_deleted(desk: Desk) -> None:
    for text in (RICH, SLOW):
        submit(desk.stack, desk.person, text)
    go("/history")(desk)
    desk.page.get_by_label("Choose all on this page").check()
    desk.page.get_by_role("button", name="Delete selected").click()
    desk.page.get_by_role("button", name="Undo").wait_for()


def history_of_deleted(desk: Desk) -> None:
    history_deleted(desk)
    go("/history?deleted=yes")(desk)
    desk.page.locator("[data-pick]").first.check()


def offline(desk: Desk) -> None:
    go("/")(desk)
    desk.context.set_offline(True)
    desk.page.locator("[data-offline]:not([hidden])").wait_for()


def cost_filled(desk: Desk) -> None:
    send_and_count(desk)
    go("/cost")(desk)
    desk.page.locator("figure canvas").wait_for()
    for fold in desk.page.locator("details").all():
        fold.locator("summary").click()


def token_made(desk: Desk) -> None:
    go("/account/tokens")(desk)
    desk.page.get_by_label("Name", exact=True).fill("laptop")
    desk.page.get_by_role("button", name="Make token").click()
    desk.page.locator("[data-token]").wait_for()
    desk.page.locator(".sure summary").first.click()


def password_refused(desk: Desk) -> None:
    go("/account/password")(desk)
    desk.page.get_by_role("button", name="Change password").click()
    desk.page.get_by_role("alert").wait_for()


def team_made(desk: Desk) -> None:
    go("/account/teams")(desk)
    desk.page.get_by_label("Name", exact=True).fill("Harbour")
    desk.page.get_by_role("button", name="Make team").click()
    desk.page.wait_for_url("**/account/teams/*")
    desk.page.get_by_label("Log-in name").fill(desk.stack.person().name)
    desk.page.get_by_role("button", name="Add to team").click()
    desk.page.get_by_role("status").wait_for()
    for sure in desk.page.locator(".sure summary").all():
        sure.click()


def looked_at(desk: Desk) -> None:
    desk.be_staff()
    go("/operations")(desk)
    expect(desk.page.locator(".check[aria-busy]")).to_have_count(0)


def nothing_answers(desk: Desk) -> None:
    desk.page.route("**/operations/*", lambda route: route.fulfill(status=503))
    looked_at(desk)


def reviews_filled(desk: Desk) -> None:
    may_judge(desk.stack, desk.person)
    clear(desk.stack)
    hold_of_another(desk.stack, "Some **words**.")
    go("/review")(desk)
    desk.page.locator("[data-line]").wait_for()


def reviews_empty(desk: Desk) -> None:
    may_judge(desk.stack, desk.person)
    clear(desk.stack)
    go("/review")(desk)


def review_taken(desk: Desk) -> None:
    reviews_filled(desk)
    desk.page.locator("#take-next").click()
    desk.page.locator("#edit").click()


def review_edited(desk: Desk) -> None:
    review_taken(desk)
    address = desk.page.url
    desk.page.locator("#text").fill("Other **words**.")
    desk.page.locator("#approve-edited").click()
    desk.page.wait_for_url("**/review")
    desk.page.goto(address)
    desk.page.locator(".difference").wait_for()


def error(status: int, template: str = "") -> Callable[[Desk], None]:
    """The error page as Django renders it; most come only of faults that no browser can bring about."""

    def there(desk: Desk) -> None:
        page = render_to_string(template or f"{status}.html")
        desk.page.route("**/broken", lambda route: route.fulfill(status=status, body=page, content_type="text/html"))
        go("/broken")(desk)

    return there


def administrator(desk: Desk) -> None:
    desk.stack.sql("UPDATE accounts_user SET is_staff = true, is_superuser = true WHERE id = %s", desk.person.id)


def quality(path: str = "", *, filled: bool = True) -> Callable[[Desk], None]:
    def there(desk: Desk) -> None:
        administrator(desk)
        forget(desk.stack)
        day = str(fill(desk.stack, days=14).day) if filled else ""
        go(f"/quality{path.format(day=day)}")(desk)
        for fold in desk.page.locator("details").all():
            fold.locator("summary").click()

    return there


def admin_dashboard(desk: Desk) -> None:
    desk.send(directive(text="x", ending="error", status=400))
    desk.wait_for_end(patience_ms=FAILING_MS)
    administrator(desk)
    go("/admin/")(desk)
    desk.page.locator(".lintel-failures").wait_for()


def admin_requests(desk: Desk) -> None:
    submit(desk.stack, desk.person, RICH)
    administrator(desk)
    go("/admin/requests_app/airequest/")(desk)


def admin_request(desk: Desk) -> None:
    request = desk.send(RICH)
    desk.wait_for_end()
    administrator(desk)
    go(f"/admin/requests_app/airequest/{request}/change/?texts")(desk)
    desk.page.locator(".lintel-text").first.wait_for()


def admin_asks(desk: Desk) -> None:
    admin_requests(desk)
    desk.page.locator("input.action-select").first.check()
    desk.page.locator("select[name=action]").select_option("cancel")
    desk.page.get_by_role("button", name="Run").click()
    desk.page.locator(".lintel-confirm").wait_for()


def admin_user(desk: Desk) -> None:
    desk.send(RICH)
    desk.wait_for_end()
    administrator(desk)
    go(f"/admin/accounts/user/{desk.person.id}/change/")(desk)
    desk.page.locator(".lintel-table").first.wait_for()


def api_docs(desk: Desk) -> None:
    go("/api/docs")(desk)
    desk.page.locator(".opblock").first.wait_for()


def documents_filled(desk: Desk) -> None:
    go("/documents")(desk)
    sent = [("notes.txt", b"Words."), ("picture.pdf", b"\x89PNG\r\n\x1a\n")]
    files: list[FilePayload] = [{"name": name, "mimeType": "", "buffer": data} for name, data in sent]
    desk.page.set_input_files("input[type=file]", files)
    desk.page.get_by_role("button", name="Try again").wait_for()


def a_document(desk: Desk) -> None:
    documents_filled(desk)
    desk.page.locator(".uploads a").click()
    desk.page.get_by_text("Delete", exact=True).click()


# A page or state each; new ones are added here.
STATES: dict[str, Callable[[Desk], None]] = {
    "log-in": log_in,
    "log-in, refused": log_in_refused,
    "run, nothing sent": go("/"),
    "run, an example": go("/?example"),
    "run, a file": run_with_a_file,
    "run, no prompt found": go("/?q=nothing+of+the+kind"),
    "run, refused": run_refused,
    "run, offline": offline,
    "request, running": running,
    "request, done": done,
    "request, rated": rated,
    "request, done with data": done_with_data,
    "request, failed": failed,
    "history, nothing sent": go("/history"),
    "history, filled": history_filled,
    "history, cancelled": history_cancelled,
    "history, just deleted": history_deleted,
    "history, what is deleted": history_of_deleted,
    "history, nothing deleted": go("/history?deleted=yes"),
    "history, nothing fits": go("/history?status=done&since=2026-01-01"),
    "history, wrong filters": go("/history?status=x&since=yesterday&cursor=y"),
    "documents, none": go("/documents"),
    "documents, filled": documents_filled,
    "documents, one": a_document,
    "cost, nothing used": go("/cost"),
    "cost, filled": cost_filled,
    "cost, wrong address": go("/cost?days=8"),
    "account": go("/account"),
    "account, password refused": password_refused,
    "account, no token": go("/account/tokens"),
    "account, a token": token_made,
    "account, budgets": go("/account/budgets"),
    "account, no team": go("/account/teams"),
    "account, a team": team_made,
    "operations": looked_at,
    "operations, nothing answers": nothing_answers,
    "review, nothing waits": reviews_empty,
    "review, filled": reviews_filled,
    "review, taken": review_taken,
    "review, edited": review_edited,
    "quality, nothing counted": quality(filled=False),
    "quality, filled": quality(),
    "quality, a report": quality("/{day}"),
    "quality, behind a figure": quality("/requests?what=failed&since=2020-01-01"),
    "no such page": go("/nothing/here"),
    "error 400": error(400),
    "error 403": error(403),
    "error 403, an old form": error(403, "403_csrf.html"),
    "error 500": error(500),
    "error 503": error(503),
    "API": api_docs,
    "admin": admin_dashboard,
    "admin, requests": admin_requests,
    "admin, a request": admin_request,
    "admin, is it meant?": admin_asks,
    "admin, a user": admin_user,
}

# What others drew and we do not change: Swagger's own page; the boxes and the password's hint of Django and unfold.
THEIRS: dict[str, list[str]] = {
    "API": ["#swagger-ui"],
    "admin, a user": [".selector", "a[href$='password/']"],
}


@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing_serious(open_desk: OpenDesk, alice: Person, state: str) -> None:
    desk = open_desk(alice, bypass_csp=True, reduced_motion="reduce")  # the policy would keep axe itself out
    desk.expects_noise = True  # pages that say 400 or 404
    STATES[state](desk)
    found = [
        f"{scheme} {width}: {problem}"
        for scheme in ("light", "dark")
        for width in (1280, 360)
        for problem in problems(desk, scheme, width, left_out=THEIRS.get(state, []))
    ]
    assert found == []


def problems(desk: Desk, scheme: str, width: int, *, left_out: list[str]) -> list[str]:
    desk.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    desk.page.set_viewport_size({"width": width, "height": 800})
    context = {"exclude": [[selector] for selector in left_out]} if left_out else None
    violations = axe.run(desk.page, context).response["violations"]
    return [
        f"{each['id']} ({each['impact']}): {node['html'][:200]}"
        for each in violations
        if each["impact"] in GRAVE
        for node in each["nodes"]
    ]
