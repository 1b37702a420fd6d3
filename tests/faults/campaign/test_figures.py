"""The parts of the campaign that need no processes: its plan, its figures, its mail server."""

from __future__ import annotations

import json
import smtplib
from collections import Counter
from email.message import EmailMessage
from itertools import islice
from pathlib import Path

import pytest

from tests.faults.campaign import faults
from tests.faults.campaign.options import Options, parse, seed_after
from tests.faults.campaign.plan import LASTING, SUDDEN, draw
from tests.faults.campaign.postbox import Postbox
from tests.faults.campaign.tally import Tally, rule_of_three

OPTIONS = Options(seed=7)


def test_seed_gives_the_same_plan() -> None:
    one, again, other = draw(7, OPTIONS), draw(7, OPTIONS), draw(8, OPTIONS)
    assert one == again != other
    assert list(islice(one.submissions(2), 50)) == list(islice(again.submissions(2), 50))
    assert list(islice(one.submissions(2), 5)) != list(islice(one.submissions(3), 5))


def test_every_fault_is_in_every_plan() -> None:
    plan = draw(7, OPTIONS)
    counts = Counter(step.fault for step in plan.steps)
    assert {*LASTING, *SUDDEN} <= set(counts)
    assert (counts["race"], counts["kill_worker"] + sum(step.kill for step in plan.steps)) == (20, 20)


def test_every_fault_of_the_plan_can_be_done() -> None:
    elsewhere = {"deadly_request"}
    assert {*faults.SUDDEN, *faults.LASTING} == {*SUDDEN, *LASTING, "kill_worker"} - elsewhere


def test_environment_sets_what_arguments_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINTEL_FAULTS_SEED", "5")
    monkeypatch.setenv("LINTEL_FAULTS_KILLS", "3")
    options = parse(["--kills", "4", "--minutes", "45"])
    assert (options.seed, options.kills, options.minutes) == (5, 4, 45.0)


def test_next_seed_is_told_by_the_last() -> None:
    assert seed_after(7) == seed_after(7) != seed_after(8)


def test_bound_is_three_over_n_while_nothing_was_found() -> None:
    assert rule_of_three(3000) == pytest.approx(0.001)
    assert rule_of_three(0) is None
    sound = Tally(accepted=3000, kills=30)
    assert sound.bounds() == {
        "per accepted request": pytest.approx(0.001), "per kill": pytest.approx(0.1), "per race": None,
    }  # fmt: skip
    sound.violations["I1 every_request_ended"] = ["r1 is pending"]
    assert set(sound.bounds().values()) == {None}


def test_rounds_add_up(tmp_path: Path) -> None:
    total = Tally()
    for seed in (1, 2):
        found = {"I8 texts": ["a gap"]} if seed == 2 else {}
        one = Tally(seeds=[seed], accepted=10, kills=2, ends=Counter(done=9, failed=1), violations=found)
        one.connections = {"Postgres": 20 + seed}
        total.add(one)
    total.write(tmp_path)
    told = json.loads((tmp_path / "tally.json").read_text())
    assert (told["seeds"], told["accepted"], told["ends"], told["violations_found"]) == (
        [1, 2], 20, {"done": 18, "failed": 2}, 1,
    )  # fmt: skip
    assert told["connections"] == {"Postgres": 22}
    words = (tmp_path / "tally.md").read_text()
    assert "| requests accepted | 20 |" in words
    assert "* I8 texts: 1" in words


def test_postbox_remembers_whom_and_what() -> None:
    box = Postbox()
    try:
        for subject in ("80 % of your budget", "naïve"):
            mail = EmailMessage()
            mail["From"], mail["To"], mail["Subject"] = "lintel@localhost", "alice@example.com", subject
            mail.set_content("Used.\n..\n")
            with smtplib.SMTP("127.0.0.1", box.port, timeout=10) as server:
                server.send_message(mail)
    finally:
        box.stop()
    assert box.mails == [("alice@example.com", "80 % of your budget"), ("alice@example.com", "naïve")]
