"""All oracles over what a round left behind."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from tests.faults.campaign import witness
from tests.faults.campaign.history import History
from tests.faults.campaign.site import MARK, Site
from tests.faults.oracles import acceptance, budgets, calls, lifecycle, privacy, processes, texts
from tests.faults.oracles.facts import Facts, look

MOST_CALLS = 6
MOST_TAKEOVERS = 3
SECRET = re.compile(rf"{MARK.pattern}|lintel_[0-9a-zA-Z]{{24,}}")  # every text has a mark; and every token


def gather(site: Site, history: History, people: list[str], healed: datetime) -> Facts:
    """Of these people's requests, known to a client or not."""
    rows = site.sql(
        "SELECT id::text, payload ->> 'document' FROM requests_app_airequest WHERE user_id = ANY(%s::uuid[])", people
    )
    marks = {mark: request_id for request_id, document in rows for mark in MARK.findall(document)[:1]}
    seen: dict[str, list[Any]] = defaultdict(list)
    for call in site.calls():
        if found := MARK.search(call["question"]):
            seen[marks.get(found.group(), f"no request of {found.group()}")].append(call)
    ids = [request_id for request_id, _document in rows]
    return look(
        site.sql, ids, healed=healed, calls=seen, readings=history.readings, answers=history.answers,
        named=history.named, rises=witness.rises(site.sql, ids), takings=witness.takings(site.sql, ids),
        strays=witness.strays(site.sql, ids),
    )  # fmt: skip


def judge(site: Site, history: History, facts: Facts) -> dict[str, list[str]]:
    """The violations by oracle, those of no oracle under what the clients themselves found wrong."""
    found = {name: list(words) for name, words in _oracles(site, history, facts).items()}
    return {name: words for name, words in found.items() if words}


def _oracles(site: Site, history: History, facts: Facts) -> Mapping[str, Iterator[str]]:
    return {
        "clients": iter(history.wrong),
        "I1 every_request_ended": lifecycle.every_request_ended(facts),
        "I1 nothing_is_lost": lifecycle.nothing_is_lost(facts),
        "I1 lost_workers_are_counted": lifecycle.lost_workers_are_counted(facts, most=MOST_TAKEOVERS),
        "I2 nothing_follows_an_end": lifecycle.nothing_follows_an_end(facts),
        "I2 no_client_saw_an_end_undone": lifecycle.no_client_saw_an_end_undone(facts),
        "I3 one_lease_at_a_time": lifecycle.one_lease_at_a_time(facts),
        "I3 zombies_write_nothing": lifecycle.zombies_write_nothing(facts),
        "I4 every_call_has_its_row": calls.every_call_has_its_row(facts, most=MOST_CALLS, unreached=True),
        "I4 every_call_has_its_request": (each for each in facts.calls if each.startswith("no request")),
        "I4 answer_is_of_the_last_call": calls.answer_is_of_the_last_call(facts),
        "I5 windows_are_the_sums_of_their_shares": budgets.windows_are_the_sums_of_their_shares(facts),
        "I5 limits_hold_at_every_rise": budgets.limits_hold_at_every_rise(facts),
        "I5 overshoot_is_the_estimates_error": budgets.overshoot_is_the_estimates_error(facts),
        "I6 usage_is_the_bill": calls.usage_is_the_bill(facts, unreached=True),
        "I7 spending_is_booked_once": budgets.spending_is_booked_once(facts),
        "I7 one_request_a_key": acceptance.one_request_a_key(facts),
        "I7 nothing_was_made_twice": acceptance.nothing_was_made_twice(facts),
        "I7 one_record_a_call": acceptance.one_record_a_call(facts),
        "I8 readers_have_what_is_stored": texts.readers_have_what_is_stored(facts),
        "I8 stored_is_what_was_sent": texts.stored_is_what_was_sent(facts),
        "I9 nothing_is_held_for_the_dead": budgets.nothing_is_held_for_the_dead(facts),
        "I10 nothing_is_left_over": texts.nothing_is_left_over(facts),
        "I11 everybody_sees_their_own": privacy.everybody_sees_their_own(history.glimpses, history.owners),
        "I11 strangers_find_nothing": privacy.strangers_find_nothing(history.trespasses),
        "I11 logs_say_nothing": privacy.logs_say_nothing(site.logs(), SECRET),
        "I14 connections_are_bounded": processes.connections_are_bounded(site.samples),
        "I14 connections_do_not_grow": processes.connections_do_not_grow(site.calm),
        "I15 periods_take_effect_once": processes.periods_take_effect_once(facts),
        "I15 mails_are_sent_once": processes.mails_are_sent_once(site.postbox.mails),
    }
