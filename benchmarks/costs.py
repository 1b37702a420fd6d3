"""How long the Cost page and the API's usage take with five million usage records, and how fast these are counted.

Records of 30 days, 300 users in 20 teams, 30 prompts in two versions, 6 models and 8 tags are put into the log, counted
as the product counts them, and then looked at through Django's views by somebody who may see everything.
"""

from __future__ import annotations

import json
import time
from typing import Any

from benchmarks.bed import Bed, bed
from benchmarks.report import Report

RECORDS, QUICK, PORTION, REPEATS, FEW = 5_000_000, 5_000, 250_000, 15, 2

PEOPLE = """
import django; django.setup()
from django.contrib.auth.models import Permission
from accounts.models import Membership, Team, User
teams = [Team.objects.create(name=f"Team {number}") for number in range(20)]
for number in range(300):
    person = User.objects.create(username=f"spender{number}")
    Membership.objects.create(team=teams[number % 20], user=person)
boss = User.objects.get(username="spender0")
boss.user_permissions.add(Permission.objects.get(codename="view_all_usage"))
"""
# Ids in the order of time, as the product makes them. One call in fifty has no known price, one in ten is a retry.
FILL = """
INSERT INTO ai_llmusagelog (
    id, reference, attempt, kind, subject, scope, object_id, metadata, prompt_key, prompt_version, provider, model,
    input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, estimated, cost_usd, created
)
SELECT (lpad(to_hex((extract(epoch FROM moment) * 1000)::bigint), 12, '0') || substr(md5(n::text), 1, 20))::uuid,
    md5((n - (n %% 10 = 9)::int)::text)::uuid, 1 + (n %% 10 = 9)::int, 'call', person.id, person.team, '',
    jsonb_build_object('tag', 'tag ' || hash %% 8), 'prompt_' || hash %% 30, (1 + hash / 7 %% 2)::text, 'provider',
    'model-' || hash / 11 %% 6, 200 + hash %% 900, hash / 3 %% 2000, 0, 50 + hash %% 400, n %% 100 = 0,
    CASE WHEN hash %% 50 > 0 THEN (hash %% 10000) / 1000000.0 END, moment
FROM generate_series(%(first)s::int, %(last)s::int) AS n
CROSS JOIN LATERAL (SELECT abs(hashint4(n)::bigint) AS hash) AS random
CROSS JOIN LATERAL (SELECT now() - interval '29 days' * (1 - n::float8 / %(all)s) AS moment) AS times
JOIN (
    SELECT person.id, member.team_id AS team, row_number() OVER (ORDER BY person.id) - 1 AS number
    FROM accounts_user AS person JOIN accounts_membership AS member ON member.user_id = person.id
    JOIN accounts_team AS team ON team.id = member.team_id AND team.personal_of_id IS NULL
    WHERE username LIKE 'spender%%'
) AS person ON person.number = hash / 13 %% 300
"""
# For as long as a program of the bed may run.
COUNT = """
import time
import django; django.setup()
from requests_app.tally import LARGE, count
began, found = time.perf_counter(), 1
while found and time.perf_counter() - began < 20:
    found = count(LARGE)
print(found, time.perf_counter() - began)
"""
ANALYZE = "ANALYZE ai_llmusagelog, requests_app_uncountedusage, requests_app_usageday"
# Once before, so that what is made once a process is made; then the median, least and most.
LOOK = """
import json, statistics, time
import django; django.setup()
from django.conf import settings
settings.ALLOWED_HOSTS = ["*"]
from django.test import Client
from rest_framework.test import APIClient
from accounts.models import User
boss = User.objects.get(username="spender0")
page, api = Client(), APIClient()
page.force_login(boss)
api.force_authenticate(boss)
found = []
for client, address in {addresses}:
    client, took = {{"page": page, "api": api}}[client], []
    for _repeat in range({repeats} + 1):
        began = time.perf_counter()
        answer = client.get(address)
        took.append((time.perf_counter() - began) * 1000)
        assert answer.status_code == 200, (address, answer.status_code)
    took = sorted(took[1:])
    figures = {{"median, ms": statistics.median(took), "least, ms": took[0], "most, ms": took[-1]}}
    found.append({{"what": address, **figures, "answer, KB": len(answer.content) / 1000}})
print(json.dumps(found))
"""
ADDRESSES = (
    *(("page", f"/cost?of={of}&days=30&by={by}") for of in ("mine", "everything") for by in ("prompt", "version")),
    *(("page", f"/cost?of=everything&days=30&by={by}") for by in ("model", "user", "team", "tag")),
    ("page", "/cost?of=everything&days=1&by=prompt"),
    *(("api", f"/api/v1/usage?scope=everything&group_by={by}") for by in ("day", "day,prompt", "user", "day,user")),
    ("api", "/api/v1/usage?group_by=day"),
)
CHECK = """
SELECT (SELECT count(*) FROM ai_llmusagelog), sum(calls), sum(input_tokens) = (
    SELECT sum(input_tokens) FROM ai_llmusagelog
), sum(cost_usd) = (SELECT sum(cost_usd) FROM ai_llmusagelog), (SELECT count(*) FROM requests_app_usageday)
FROM requests_app_usageday WHERE scope = 'all' AND dimension = 'total'
"""


def fill(stack: Bed, records: int) -> float:
    stack.run("-c", PEOPLE)
    began = time.perf_counter()
    for first in range(0, records, PORTION):
        last = min(first + PORTION, records) - 1
        stack.sql(FILL.replace("%(first)s", str(first)).replace("%(last)s", str(last)).replace("%(all)s", str(records)))
    took = time.perf_counter() - began
    stack.sql(ANALYZE)
    return took


def counted(stack: Bed) -> float:
    """Seconds, without those in which the programs start."""
    took, found = 0.0, "1"
    while found != "0":
        found, seconds = stack.run("-c", COUNT).splitlines()[-1].split()
        took += float(seconds)
        stack.sql(ANALYZE)
    return took


def looks(stack: Bed, repeats: int) -> list[dict[str, Any]]:
    printed = stack.run("-c", LOOK.format(addresses=list(ADDRESSES), repeats=repeats))
    found: list[dict[str, Any]] = json.loads(printed.splitlines()[-1])
    return found


def measure(*, quick: bool) -> Report:
    records, repeats = (QUICK, FEW) if quick else (RECORDS, REPEATS)
    with bed() as stack:
        written = fill(stack, records)
        took = counted(stack)
        rows = looks(stack, repeats)
        [(logged, calls, tokens, cost, sums)] = stack.sql(CHECK)
    wrong = [] if (logged == calls == records and tokens and cost) else [f"{calls} of {logged} calls are counted"]
    speed = {"records": records, "written/s": records / written, "counted/s": records / took, "rows of sums": int(sums)}
    return Report(how=f"Medians of {repeats}, one after the other", rows=rows, also=[speed], wrong=wrong)
