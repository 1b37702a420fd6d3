"""How long the server needs for the Quality page over 90 days of 40 prompt versions, whatever happened on those days.

The page reads stored figures of days and no request, so that its time grows with the days alone. Asked for one at a
time by somebody who is logged in, from this machine; the time is that of the whole answer.
"""

from __future__ import annotations

import time
from contextlib import closing

import httpx2

from benchmarks.bed import Process, bed, median
from benchmarks.quality_days import versions_of
from benchmarks.report import Figure, Report
from tests.browser.figures import fill
from tests.process.stack import Person, Stack

DAYS, VERSIONS, REPEATS = (14, 90), (10, 40), 20
STAFF = "UPDATE accounts_user SET is_staff = true WHERE id = %s"


def logged_in(stack: Stack, person: Person) -> httpx2.Client:
    stack.sql(STAFF, person.id)
    http = httpx2.Client(base_url=stack.base_url, timeout=30, follow_redirects=True)
    http.get("/login")
    form = {"username": person.name, "password": person.name, "csrfmiddlewaretoken": http.cookies["csrftoken"]}
    assert http.post("/login", data=form, headers={"Referer": stack.base_url}).status_code == 200
    return http


def answered_ms(http: httpx2.Client, path: str) -> float:
    began = time.perf_counter()
    assert http.get(path).status_code == 200
    return (time.perf_counter() - began) * 1000


def quality(stack: Stack, http: httpx2.Client, days: int, versions: int, repeats: int) -> dict[str, Figure]:
    fill(stack, days=days, versions=versions)
    path = f"/quality?days={days}"
    answered_ms(http, path)  # the first reads templates
    web = Process(pid=stack.web.pid)
    before = web.cpu_s
    times = sorted(answered_ms(http, path) for _repeat in range(repeats))
    spent = None if before is None or web.cpu_s is None else (web.cpu_s - before) * 1000 / repeats
    return {
        "days": days, "prompt versions": len(versions_of(versions)), "median, ms": median(times),
        "worst, ms": times[-1], "processor time of the web process, ms": spent,
    }  # fmt: skip


def measure(*, quick: bool) -> Report:
    shapes = [(7, 2)] if quick else [(days, versions) for days in DAYS for versions in VERSIONS]
    repeats = 2 if quick else REPEATS
    with bed() as stack, closing(logged_in(stack, stack.person())) as http:
        rows = [quality(stack, http, days, versions, repeats) for days, versions in shapes]
    return Report(how=f"{repeats} answers each, one at a time", rows=rows)
