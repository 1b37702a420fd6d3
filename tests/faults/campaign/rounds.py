"""One round: people, load and faults side by side, then everything healed, ended and judged."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from random import Random

import httpx2
import psycopg
import redis

from config.local.errors import ServiceFailed
from tests.faults.campaign import duels, faults
from tests.faults.campaign.clients import in_threads
from tests.faults.campaign.history import History
from tests.faults.campaign.judging import SECRET, gather, judge
from tests.faults.campaign.load import Cast, Client
from tests.faults.campaign.options import Options
from tests.faults.campaign.people import Wish, make
from tests.faults.campaign.plan import Plan, Step, draw
from tests.faults.campaign.site import Site
from tests.faults.campaign.tally import Tally
from tests.faults.oracles.facts import FINAL, Facts
from tests.process.stack import wait_for

CHANCE = 0.08  # of the provider's failing by its own seed
RICH, POOR, TEAM_OF = 9, 30, 3
AMPLE_USD = "1000"
RACING_TEAM = 5
END_S, CLIENTS_S = 300.0, 600.0
MAILED = ("no_beat", "three_beats", "deliver_again")
BROKEN = (AssertionError, OSError, psycopg.Error, redis.RedisError, httpx2.HTTPError, ServiceFailed)


class Round:
    """Call ``play`` from the main thread, once."""

    def __init__(self, site: Site, seed: int, options: Options) -> None:
        self.plan: Plan = draw(seed, options)
        self._site, self._options = site, options
        self._random = Random(f"{seed}:round")
        self._history = History()
        self._kills: Counter[str] = Counter()
        self._names = f"r{seed}x{int(time.time())}"

    def play(self) -> Tally:
        began = time.monotonic()
        self._site.samples.clear()
        self._site.postbox.mails.clear()
        self._site.left.clear()
        chance = {"seed": self.plan.seed, "fault_rate": CHANCE}
        httpx2.post(f"{self._site.fake_url}/control/reset", trust_env=False)
        self._site.script(**chance)
        self._make_people()
        self._disturb()
        facts = self._settle()
        violations = judge(self._site, self._history, facts)
        if violations and self._options.report is not None:
            self._keep_evidence(self._options.report / f"seed-{self.plan.seed}")
        return self._tally(facts, violations, time.monotonic() - began)

    def _keep_evidence(self, folder: Path) -> None:
        """The logs of all processes, and what each client did when."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in self._site.logs():
            (folder / name).write_text(text)
        lines = (json.dumps(asdict(operation), ensure_ascii=False) for operation in self._history.operations)
        (folder / "operations.jsonl").write_text("\n".join(lines) + "\n")

    def _make_people(self) -> None:
        name = self._names
        probes = make(self._site, [Wish(name=f"{name}p", tokens_a_day="1000000", team_usd_a_month=AMPLE_USD)])
        cover = duels.measure_cover(self._site, probes, self._history, self._random)
        rich = [
            Wish(name=f"{name}rich{number}", team=f"{name}team{number // TEAM_OF}", team_usd_a_month=AMPLE_USD)
            for number in range(RICH)
        ]
        tight = str(3 * cover.tokens)
        poor = [Wish(name=f"{name}poor{number}", tokens_a_day=tight) for number in range(POOR)]
        once = str(cover.tokens + duels.more_for_spending())
        spenders = [Wish(name=f"{name}spender{number}", tokens_a_day=once) for number in range(len(MAILED))]
        self._rooms = [self._random.randint(1, self._options.racers - 1) for _each in range(self._options.races)]
        racing = [self._racers(number, room, cover) for number, room in enumerate(self._rooms)]
        made = make(self._site, [*rich, *poor, *spenders, *(wish for wishes in racing for wish in wishes)])
        self._cast = Cast(made[:RICH], made[RICH : RICH + POOR])
        self._deadly = made[0]
        left = iter(made[RICH + POOR :])
        self._spenders = [next(left) for _wish in spenders]
        self._racing = [[next(left) for _wish in wishes] for wishes in racing]
        self._people = [person.id for person in (*probes, *made)]
        assert all(SECRET.fullmatch(person.token) for person in made), "tokens would not be known in a log"

    def _racers(self, number: int, room: int, cover: duels.Cover) -> list[Wish]:
        """In every other race a user's tokens, else a team's dollars: for so many, and half of one more."""
        name = f"{self._names}race{number}"
        if number % 2:
            return [Wish(name=name, tokens_a_day=str(cover.tokens * room + cover.tokens // 2))]
        dollars = str((cover.usd * room + cover.usd / 2).quantize(cover.usd.__class__("0.000001")))
        return [Wish(name=f"{name}m{each}", team=name, team_usd_a_month=dollars) for each in range(RACING_TEAM)]

    def _disturb(self) -> None:
        """The steps one after the other, until the clients' readers were cut often enough, too."""
        clients = [
            Client(number, self.plan, self._site, self._cast, self._history) for number in range(self._options.clients)
        ]
        for client in clients:
            client.start()
        try:
            for number, step in enumerate(self.plan.steps, start=1):
                say(f"{number}/{len(self.plan.steps)} {step.fault}{' + kill' if step.kill else ''}")
                self._try(step)
            wait_for(lambda: self._history.cuts >= self._options.cuts, what="readers that were cut")
        finally:
            for client in clients:
                client.stopping.set()
            self._site.heal()
        in_threads(list(clients), seconds=CLIENTS_S, history=self._history)

    def _try(self, step: Step) -> None:
        """What does not come about as it should is a violation; the round goes on, healed."""
        try:
            self._do(step)
            self._site.supervise()
            self._site.sample(step.fault)
        except BROKEN as problem:
            self._history.wrong.append(f"{step.fault}: {type(problem).__name__} {problem}")
            self._site.heal()

    def _do(self, step: Step) -> None:
        self._kills["faults " + step.fault] += 1
        if step.fault == "race":
            number = self._kills["faults race"] - 1
            duels.race(
                self._site, self._racing[number], self._rooms[number], self._options.racers, self._history, self._random
            )
        elif step.fault == "deadly_request":
            duels.deadly_request(self._site, self._deadly, self._history, self._random)
            self._kills["workers"] += duels.LOST_WORKERS
        else:
            faults.do(self._site, step, time.sleep, self._spend if step.fault in MAILED else None)
            self._kills["workers"] += step.kill or step.fault == "kill_worker"

    def _spend(self) -> None:
        """Somebody's budget is used up, and mail about that is due: how many beats there are makes no difference."""
        duels.spend(self._site, self._spenders.pop(), self._history, self._random)

    def _settle(self) -> Facts:
        """Wait for what the invariants allow: every end, within its deadline and a minute."""
        self._site.heal()
        [(healed,)] = self._site.sql("SELECT clock_timestamp()")
        assert isinstance(healed, datetime)
        try:
            wait_for(lambda: not self._open(), what="the end of every request", seconds=END_S, pause=0.2)
        except AssertionError as problem:
            self._history.wrong.append(str(problem))
        self._site.sample("everything")
        self._site.calm.append(self._site.samples[-1])
        return gather(self._site, self._history, self._people, healed)

    def _open(self) -> bool:
        rows = self._site.sql(
            "SELECT 1 FROM requests_app_airequest WHERE user_id = ANY(%s::uuid[]) AND status <> ALL(%s) LIMIT 1",
            self._people, list(FINAL),
        )  # fmt: skip
        chunks = self._site.sql("SELECT 1 FROM requests_app_streamchunk LIMIT 1")
        return bool(rows or chunks)

    def _tally(self, facts: Facts, violations: dict[str, list[str]], seconds: float) -> Tally:
        history, samples = self._history, self._site.samples
        calls = [call for each in facts.calls.values() for call in each]
        return Tally(
            seeds=[self.plan.seed],
            seconds=seconds,
            accepted=len({told.request for told in history.named}),
            refused=sum(operation.what in ("submit", "race") and operation.outcome == "fail"
                        for operation in history.operations),
            kills=self._kills["workers"],
            races=self._kills["faults race"],
            readings=len(history.readings),
            cut_readings=sum(reading.cuts > 0 for reading in history.readings),
            calls=len(calls),
            takeovers=sum(request.takeovers for request in facts.requests),
            mails=len(self._site.postbox.mails),
            operations=history.tally(),
            ends=Counter(f"{each.status} {each.error_code}".strip() for each in facts.requests),
            faults=Counter({name.removeprefix("faults "): count for name, count in self._kills.items()
                            if name.startswith("faults ")}),
            provider_faults=Counter(call["script"]["fault"] for call in calls if "fault" in call["script"]),
            connections={
                "Postgres": max(each.postgres for each in samples), "Redis": max(each.redis for each in samples),
            },
            left=[f"seed {self.plan.seed}: {each}" for each in self._site.left],
            violations={oracle: [f"seed {self.plan.seed}: {each}" for each in found]
                        for oracle, found in violations.items()},
        )  # fmt: skip


def say(words: str) -> None:
    sys.stdout.write(f"{time.strftime('%H:%M:%S')} {words}\n")
    sys.stdout.flush()
