"""The whole product as real processes on servers of the campaign's own, each reached through a proxy."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

import httpx2
import redis
from celery import Celery

from config.local.child import Child
from config.local.home import REPOSITORY
from config.local.ports import any_free
from config.local.procfile import read_procfile
from config.local.stack import RunningServices, start_services
from tests.faults.campaign import witness
from tests.faults.campaign.postbox import Postbox
from tests.faults.oracles.processes import Sample
from tests.faults.proxy import Proxy
from tests.process.conftest import QUICK
from tests.process.stack import CELERY, PROGRAMS, START_SECONDS, Stack, wait_for

WORKERS = 3
STREAMS = 60
MARK = re.compile(r"mark-[0-9a-f]{16}")
# Beat's own periods are minutes; here a period passes while one looks on.
HASTE = "UPDATE django_celery_beat_intervalschedule SET every = 2, period = 'seconds'"
# What a process may hold, by its kind: its threads that speak to the database, and one for what is no thread's.
# Web: requests and readers. Worker: its database threads and the keeper. Jobs: the child and its parent.
POSTGRES_MOST = {"web": 8 + 4 + 1, "worker": 6 + 1 + 1, "jobs": 2, "beat": 1}
# Kombu's pool of ten, the channel layer's two for each thread that publishes, the cache's one a thread.
REDIS_MOST = {"web": 10 + 4 + 8, "worker": 10 + 4 + 8, "jobs": 2 * (10 + 4), "beat": 10}


class Site(Stack):
    """Call from the main thread: processes die with the thread that started them."""

    def __init__(self, services: RunningServices, home: Path) -> None:
        super().__init__(services, home)
        self.postbox = Postbox()
        self.webs: list[tuple[int, Child]] = []
        self.workers: list[Child] = []
        self.beats: list[Child] = []
        self.dead: list[Child] = []
        self.left: list[str] = []
        self.samples: list[Sample] = []
        self.calm: list[Sample] = []
        self.to_postgres = Proxy(services.postgres.port or 0)
        self.to_redis = Proxy(services.valkey.port or 0)
        self.to_provider = Proxy(0)  # until it has started
        self._ports = [any_free(), any_free()]
        self.doors = [Proxy(port) for port in self._ports]
        self.ragged = Proxy(self._ports[0])
        self.proxies = [self.to_postgres, self.to_redis, self.to_provider, *self.doors, self.ragged]
        for proxy in self.proxies:
            proxy.start()
        self.sent = Celery(broker=services.redis_url, set_as_current=False)

    def begin(self) -> None:
        self.fake_url = self._start_fake()
        self.to_provider.target = urlsplit(self.fake_url).port or 0
        self.run("manage.py", "migrate", "--verbosity", "0")
        self.sql(witness.CREATE)
        self.sql(HASTE)
        self.webs = [(port, self.launch_web(port)) for port in self._ports]
        self.workers = [self.launch_worker() for _each in range(WORKERS)]
        self.jobs = self.launch_jobs()
        self.beats = [self.launch_beat()]
        self.wait_until_up()

    @property
    def environment(self) -> dict[str, str]:
        told = {**super().environment, **QUICK, "LINTEL_STREAMS": str(STREAMS)}
        return told | {
            "DATABASE_URL": through(self.services.database_url, self.to_postgres),
            "REDIS_URL": through(self.services.redis_url, self.to_redis),
            "LINTEL_EMBEDDED_MODEL_URL": f"http://127.0.0.1:{self.to_provider.port}/v1",
            "LINTEL_CONTENT_IDLE_SECONDS": "5",  # of pieces a second apart, on a slow machine
            "LINTEL_CONNECT_SECONDS": "2",
            "LINTEL_BREAKER_CALLS": "5",  # as it ships
            "EMAIL_URL": f"smtp://127.0.0.1:{self.postbox.port}",
        }

    def launch_web(self, port: int) -> Child:
        line = read_procfile(REPOSITORY / "Procfile")["web"]
        place = {"PORT": str(port), "HOST": "127.0.0.1", "PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"}
        return self._start("web", "/bin/sh", "-c", f"exec {line}", environment=place)

    def launch_worker(self) -> Child:
        quiet = ("--without-gossip", "--without-mingle", "-l", "INFO")
        number = len(self.children)
        return self.start(
            "worker", *CELERY, "worker", "-P", "threads", "-c", str(STREAMS), "-Q", "requests", *quiet,
            "-n", f"w{number}@campaign",
        )  # fmt: skip

    def launch_jobs(self) -> Child:
        quiet = ("--without-gossip", "--without-mingle")
        number = len(self.children)
        return self.start("jobs", *CELERY, "worker", "-P", "prefork", "-c", "1", "-Q", "jobs", *quiet, "-n",
                          f"j{number}@campaign")  # fmt: skip

    def launch_beat(self) -> Child:
        return self.start("beat", *CELERY, "beat", "--pidfile=", "-s", str(self.home.root / "beat"))

    def bury(self, child: Child) -> None:
        """As `kill -9`, of its whole group."""
        child.kill()
        self.dead.append(child)
        self.children.remove(child)

    def kill_worker(self, child: Child) -> None:
        """The next one begins to start at once, as a supervisor would have it."""
        self.workers.remove(child)
        self.bury(child)
        self.workers.append(self.launch_worker())

    def supervise(self) -> None:
        """Start again what ended by itself, as a supervisor would, and remember it."""
        for child in [*self.workers, self.jobs, *self.beats, *(web for _port, web in self.webs)]:
            if child.exit_code() is not None:
                self.left.append(f"{child.command.name} ended with {child.exit_code()}")
                self.bury(child)
        gone = set(self.dead)
        self.workers = [self.launch_worker() if each in gone else each for each in self.workers]
        self.beats = [self.launch_beat() if each in gone else each for each in self.beats]
        self.webs = [(port, self.launch_web(port) if web in gone else web) for port, web in self.webs]
        self.jobs = self.launch_jobs() if self.jobs in gone else self.jobs

    def leased(self) -> dict[int, str]:
        """The leases that have not run out, by the process that holds them."""
        rows = self.sql("SELECT pid, id::text FROM requests_app_workerlease WHERE expires_at > clock_timestamp()")
        return {int(pid): lease for pid, lease in rows}

    def standing(self) -> list[Child]:
        """Workers that have a lease."""
        leased = self.leased()
        return [worker for worker in self.workers if worker.pid in leased]

    def wait_for_workers(self, least: int = WORKERS) -> None:
        wait_for(lambda: len(self.standing()) >= least, what=f"{least} workers' leases", seconds=START_SECONDS)

    def answers(self, port: int) -> bool:
        with contextlib.suppress(httpx2.HTTPError):
            return httpx2.get(f"http://127.0.0.1:{port}/readyz", trust_env=False, timeout=5).status_code == 200
        return False

    def wait_until_up(self) -> None:
        """Every process there, and every web server ready through its own connections."""
        for port, child in self.webs:
            wait_for(lambda port=port: self.answers(port), what=f"a web server ({child.log})", seconds=START_SECONDS)  # type: ignore[misc]
        self.wait_for_workers()

    def in_mid_stream(self, random: Random) -> Child | None:
        """A worker that has written text of a request which it still runs."""
        rows = self.sql(
            "SELECT DISTINCT pid FROM requests_app_airequest AS request"
            " JOIN requests_app_workerlease AS lease ON lease.id = request.lease_id"
            " JOIN requests_app_streamchunk AS chunk"
            " ON chunk.request_id = request.id AND chunk.attempt = request.attempt"
            " WHERE request.status = 'processing'"
        )
        pids = {int(pid) for (pid,) in rows}
        busy = [worker for worker in self.workers if worker.pid in pids]
        return random.choice(busy) if busy else None

    def heal(self) -> None:
        """Whatever was done to it, let it be as it was."""
        for proxy in self.proxies:
            proxy.resume()
        for service in (self.services.postgres, self.services.valkey):
            service.resume()
            if not service.running():
                service.start()
        for child in self.children:
            child.tell_all(signal.SIGCONT)
        self.supervise()
        self.wait_until_up()

    def sample(self, after: str) -> None:
        """Who died since the last look may be counted still: a server notices in its own time."""
        alive = [self.jobs, *self.beats, *self.workers, *(child for _port, child in self.webs)]
        kinds = [child.command.name.partition("-")[0] for child in (*alive, *self.dead)]
        self.dead.clear()
        [(postgres,)] = self.sql("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'lintel'")
        with redis.Redis.from_url(self.services.redis_url) as client:
            clients = len(client.client_list()) - 1
        self.samples.append(
            Sample(
                after=after,
                postgres=int(postgres),
                postgres_most=sum(POSTGRES_MOST[kind] for kind in kinds),
                redis=clients,
                redis_most=sum(REDIS_MOST[kind] for kind in kinds) + 2,  # and whoever delivers tasks by hand
            )
        )

    def logs(self) -> Iterator[tuple[str, str]]:
        """Of every process of ours that has written one, and of the servers that they use."""
        for log in [*self.home.logs.glob("*.log"), *self.services.home.logs.glob("*.log")]:
            if not log.name.startswith("fake"):
                yield log.name, log.read_text(errors="replace")

    def stop(self) -> None:
        super().stop()
        for proxy in self.proxies:
            proxy.stop()
        self.postbox.stop()


def through(url: str, proxy: Proxy) -> str:
    """The same address by way of the proxy."""
    return url.replace(f":{urlsplit(url).port}/", f":{proxy.port}/")


@contextlib.contextmanager
def running_site() -> Iterator[Site]:
    """In a folder that is thrown away."""
    with tempfile.TemporaryDirectory(prefix="lintel-faults-") as folder:
        home = Path(folder)
        with start_services(home / "services", model=False) as services:
            site = Site(services, home / "stack")
            try:
                site.begin()
                yield site
            finally:
                site.stop()
