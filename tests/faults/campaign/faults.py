"""The faults by name: each does its harm, and what lasts is over when its context is left."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from random import Random

import httpx2

from config.local.child import Child
from config.local.service import Service
from tests.faults.campaign.plan import Step
from tests.faults.campaign.site import Site
from tests.faults.proxy import Proxy
from tests.process.stack import START_SECONDS, wait_for

Harm = Callable[[Site, Random], None]
Lasting = Callable[[Site, Random], AbstractContextManager[None]]
LEASES = "SELECT id::text FROM requests_app_workerlease WHERE id = ANY(%s::uuid[])"
WAITING = "SELECT id::text FROM requests_app_airequest WHERE status = 'pending' AND id = ANY(%s::uuid[])"
TASKS = (("requests_app.sweep", "jobs"), ("requests_app.mail_budgets", "jobs"),
         ("requests_app.reset_daily_token_budgets", "jobs"))  # fmt: skip


def do(site: Site, step: Step, pause: Callable[[float], None], inside: Callable[[], None] | None = None) -> None:
    """Play a step; ``pause`` lets a lasting fault last, ``inside`` is done meanwhile, or after a sudden one."""
    random = Random(step.chance)
    if step.fault in LASTING:
        with LASTING[step.fault](site, random):
            if inside is not None:
                inside()
            pause(random.uniform(0.5, 1.5))
            if step.kill:
                kill_any_worker(site, random)
                pause(random.uniform(0.5, 1.5))
    else:
        SUDDEN[step.fault](site, random)
        if inside is not None:
            inside()


def kill_worker(site: Site, random: Random) -> None:
    """In mid-stream, and only while others are there to take over."""
    site.wait_for_workers(2)
    site.kill_worker(_busy(site, random))


def _busy(site: Site, random: Random) -> Child:
    found = wait_for(lambda: site.in_mid_stream(random), what="a worker in mid-stream")
    assert found is not None
    return found


def kill_any_worker(site: Site, random: Random) -> None:
    """Where nobody can be asked who is in mid-stream."""
    site.kill_worker(random.choice(site.workers))


def freeze_worker(site: Site, random: Random) -> None:
    """Until others run what it ran; then it wakes, with text that it may no longer write, and takes a new lease."""
    site.wait_for_workers(2)
    zombie = _busy(site, random)
    zombie.tell_all(signal.SIGSTOP)
    lease = _ids(site, "SELECT id::text FROM requests_app_workerlease WHERE pid = %s", zombie.pid)
    held = _ids(site, "SELECT id::text FROM requests_app_airequest WHERE lease_id = ANY(%s::uuid[])", lease)
    wait_for(lambda: not _ids(site, LEASES, lease), what="the taking of a frozen worker's lease")
    wait_for(lambda: not _ids(site, WAITING, held), what="the claims of a frozen worker's requests")
    zombie.tell_all(signal.SIGCONT)
    wait_for(lambda: zombie.pid in site.leased(), what="a woken worker's new lease")


def _ids(site: Site, query: str, *parameters: object) -> list[str]:
    return [str(row) for (row,) in site.sql(query, *parameters)]


def kill_web(site: Site, random: Random) -> None:
    """One of the two; its readers go on at the other, or here when it is back."""
    number = random.randrange(len(site.webs))
    port, child = site.webs[number]
    site.bury(child)
    site.webs[number] = (port, site.launch_web(port))
    wait_for(lambda: site.answers(port), what="a web server that was killed", seconds=START_SECONDS)


def kill_jobs(site: Site, _random: Random) -> None:
    site.bury(site.jobs)
    site.jobs = site.launch_jobs()


def roll_workers(site: Site, _random: Random) -> None:
    """As a release does: the new ones come, the old ones are asked to end and hand over what they run."""
    old, site.workers = site.workers, [site.launch_worker() for _each in site.workers]
    for worker in old:
        worker.ask()
    for worker in old:
        worker.stop()
        site.children.remove(worker)
        site.dead.append(worker)
    site.wait_for_workers()


def deliver_again(site: Site, random: Random) -> None:
    """Tasks come twice, late, and for what has long ended."""
    ids = site.sql("SELECT id::text FROM requests_app_airequest ORDER BY created DESC LIMIT 10")
    for (request_id,) in ids:
        for _again in range(random.randint(1, 5)):
            told = {"request_id": request_id, "v": 1}
            site.sent.send_task("requests_app.run_ai_request", kwargs=told, queue="requests")
    for name, queue in TASKS * 3:
        site.sent.send_task(name, queue=queue)


def redis_restart(site: Site, _random: Random) -> None:
    site.services.valkey.restart()


def redis_flush(site: Site, _random: Random) -> None:
    site.services.valkey.flush()


def postgres_restart(site: Site, _random: Random) -> None:
    site.services.postgres.restart()


def postgres_crash(site: Site, _random: Random) -> None:
    """As `kill -9` of the whole server: what it said was committed has to be there after its recovery."""
    site.services.postgres.kill()
    site.services.postgres.start()


def postgres_connection_killed(site: Site, random: Random) -> None:
    pids = site.sql("SELECT pid FROM pg_stat_activity WHERE application_name = 'lintel' ORDER BY pid")
    site.sql("SELECT pg_terminate_backend(%s)", random.choice(pids)[0])


def cutting(proxy: Callable[[Site], list[Proxy]]) -> Harm:
    def cut(site: Site, _random: Random) -> None:
        for each in proxy(site):
            each.cut()

    return cut


@contextmanager
def stalling(proxy: Proxy) -> Iterator[None]:
    proxy.stall()
    try:
        yield
    finally:
        proxy.resume()


@contextmanager
def paused(service: Service) -> Iterator[None]:
    service.pause()
    try:
        yield
    finally:
        service.resume()


@contextmanager
def away(service: Service) -> Iterator[None]:
    service.stop()
    try:
        yield
    finally:
        service.start()


@contextmanager
def provider_away(site: Site, _random: Random) -> Iterator[None]:
    """Connections are refused, by its host."""
    site.to_provider.refuse()
    httpx2.post(f"{site.fake_url}/control/away", json={"seconds": 1}, trust_env=False)
    try:
        yield
    finally:
        site.to_provider.resume()


@contextmanager
def provider_cuts_after(site: Site, random: Random) -> Iterator[None]:
    """Every answer is cut off by then, also those under way."""
    site.to_provider.cut_after(random.randint(200, 2000))
    try:
        yield
    finally:
        site.to_provider.resume()


@contextmanager
def no_beat(site: Site, _random: Random) -> Iterator[None]:
    for beat in site.beats:
        site.bury(beat)
    site.beats = []
    try:
        yield
    finally:
        site.beats = [site.launch_beat()]


@contextmanager
def three_beats(site: Site, _random: Random) -> Iterator[None]:
    """Until each of them has had time to send what is due."""
    sent = _sent(site)
    site.beats += [site.launch_beat(), site.launch_beat()]
    try:
        yield
        wait_for(lambda: _sent(site) >= sent + 12, what="tasks that three beats send", seconds=START_SECONDS)
    finally:
        while len(site.beats) > 1:
            site.bury(site.beats.pop())


def _sent(site: Site) -> int:
    return int(site.sql("SELECT sum(total_run_count) FROM django_celery_beat_periodictask")[0][0])


SUDDEN: Mapping[str, Harm] = {
    "kill_worker": kill_worker,
    "freeze_worker": freeze_worker,
    "kill_web": kill_web,
    "kill_jobs": kill_jobs,
    "roll_workers": roll_workers,
    "deliver_again": deliver_again,
    "redis_restart": redis_restart,
    "redis_flush": redis_flush,
    "redis_cut": cutting(lambda site: [site.to_redis]),
    "postgres_restart": postgres_restart,
    "postgres_crash": postgres_crash,
    "postgres_connection_killed": postgres_connection_killed,
    "postgres_cut": cutting(lambda site: [site.to_postgres]),
    "provider_cut": cutting(lambda site: [site.to_provider]),
    "cut_readers": cutting(lambda site: [*site.doors, site.ragged]),
}
LASTING: Mapping[str, Lasting] = {
    "redis_stall": lambda site, _random: stalling(site.to_redis),
    "redis_pause": lambda site, _random: paused(site.services.valkey),
    "redis_away": lambda site, _random: away(site.services.valkey),
    "postgres_stall": lambda site, _random: stalling(site.to_postgres),
    "provider_stall": lambda site, _random: stalling(site.to_provider),
    "provider_away": provider_away,
    "provider_cuts_after": provider_cuts_after,
    "no_beat": no_beat,
    "three_beats": three_beats,
}
