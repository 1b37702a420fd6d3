"""The deployment without a container engine: the commands of its files, in the image's file tree, on embedded servers.

What an engine would add is replaced by as little as may be: names of services by loopback ports, the image's packages
by this environment's without those that requirements/base.txt does not name, PostgreSQL's image by the embedded one.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import httpx2
import psycopg

from config.local.child import Child, Command
from config.local.home import REPOSITORY, Home
from config.local.ports import any_free
from config.local.postgres import Postgres
from config.local.stack import RunningServices
from config.local.valkey import Valkey, server_binary
from tests.process.deployment.files import copy_context, dockerfile, image_environment, read_compose
from tests.process.stack import PROGRAMS, Stack, wait_for

STEPS = ("bootstrap", "migrate", "check")
PROCESSES = ("web", "sockets", "worker", "jobs", "beat")
VARIABLES = {
    "LINTEL_DOMAIN": "localhost",
    "SECRET_KEY": "mW3-vT8-qN1-xB6-zK4-pR9-sD2-fG7-hJ5-lC0-aY8-uE3-oI6",
    "LINTEL_APP_PASSWORD": "7c1f0a93be52",
    "LINTEL_OWNER_PASSWORD": "e94b6d20a1f8",
    "POSTGRES_PASSWORD": "taken from the embedded server",
    "VALKEY_PASSWORD": "35d8c7e6f190",
}
OUR_IMAGE = "lintel"
GUARD = """
import sys
class Guard:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {absent!r}:
            raise ModuleNotFoundError(f"{{name}} is not in the image", name=name)
sys.meta_path.insert(0, Guard())
"""


class Deployment(Stack):
    """Begun once a test run. Through the proxy at ``base_url``, where there is one; at ``ports`` in any case."""

    def __init__(self, home: Path) -> None:
        place = Home(home)
        place.prepare()
        servers = RunningServices(home=place, postgres=Postgres(place), valkey=Valkey(place), model=None)
        super().__init__(servers, home)
        self.tree = home / "image"
        self.ports = {name: any_free() for name in ("valkey", "web", "sockets", "proxy", "redirect", "alive")}
        self.base_url = f"https://localhost:{self.ports['proxy']}"
        self.by_name: dict[str, Child] = {}
        self.compose: dict[str, dict[str, Any]] = {}

    def begin(self) -> None:
        self._build()
        self.services.postgres.start()
        self.compose = read_compose({**VARIABLES, "POSTGRES_PASSWORD": self._superuser_password()})
        self._start_valkey()
        self.fake_url = self._start_fake()
        for name in STEPS:
            self.step(name)
        for name in PROCESSES:
            self.begin_process(name)
        for name in PROCESSES:
            wait_for(lambda name=name: self.healthy(name), what=f"the health of {name} ({self.by_name[name].log})")  # type: ignore[misc]

    def stop(self) -> None:
        super().stop()
        self.services.postgres.stop()

    @property
    def environment(self) -> dict[str, str]:
        return self.environment_of("web") if self.compose else super().environment

    def environment_of(self, service: str) -> dict[str, str]:
        """Nothing of the person's who runs the tests; compose's `lintel.env` names the fake provider."""
        image = {name: value for name, value in image_environment().items() if name != "PATH"}
        mine = {
            "PATH": f"{PROGRAMS}{os.pathsep}{server_binary().parent}{os.pathsep}{os.defpath}",
            "PYTHONPATH": str(self.tree.parent / "guard"),
            "HOME": str(self.tree.parent),
            "LINTEL_EMBEDDED_MODEL_URL": f"{self.fake_url}/v1",
        }
        given = {name: self._placed(value) for name, value in self.compose[service].get("environment", {}).items()}
        return {**image, **given, **mine, "HOST": "127.0.0.1", "PORT": str(self.ports.get(service, 1))}

    def step(self, service: str) -> str:
        """A one-off service, to its end."""
        done = self._run(self.compose[service]["command"], self.environment_of(service))
        assert done.returncode == 0, f"{service}: {done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def begin_process(self, service: str) -> Child:
        words = [self._placed(word) for word in self.compose[service]["command"]]
        self.by_name[service] = self._begin(service, words, self.environment_of(service))
        return self.by_name[service]

    def healthy(self, service: str) -> bool:
        """By the command of compose's own health check."""
        _kind, *words = self.compose[service]["healthcheck"]["test"]
        return self._run(words, self.environment_of(service)).returncode == 0

    def begin_proxy(self, caddy: str) -> None:
        environment = {
            **os.environ,
            "LINTEL_SITE": self.base_url,
            "LINTEL_WEB": self._placed(self.compose["proxy"]["environment"]["LINTEL_WEB"]),
            "LINTEL_SOCKETS": self._placed(self.compose["proxy"]["environment"]["LINTEL_SOCKETS"]),
            "LINTEL_HTTP_PORT": str(self.ports["redirect"]),
            "LINTEL_ALIVE_PORT": str(self.ports["alive"]),
            "XDG_DATA_HOME": str(self.tree.parent / "certificates"),
            "XDG_CONFIG_HOME": str(self.tree.parent / "certificates"),
        }
        config = self.tree.parent / "Caddyfile"
        config.write_text(caddyfile_for(caddy))
        words = [caddy, "run", "--adapter", "caddyfile", "--config", str(config)]
        child = self._begin("proxy", words, environment)

        def up() -> bool:
            with contextlib.suppress(httpx2.HTTPError):
                return self.client().get("/livez").status_code == 200
            return False

        wait_for(up, what=f"the proxy ({child.log})")

    def client(self, person: Any = None) -> httpx2.Client:
        headers = person.headers if person else {}
        # The proxy's own authority signs its certificate here; what is looked at is what stands behind it.
        return httpx2.Client(base_url=self.base_url, headers=headers, timeout=20, verify=False)

    def direct(self, service: str, person: Any = None) -> httpx2.Client:
        """To one server, as the proxy asks it."""
        headers = {"Host": VARIABLES["LINTEL_DOMAIN"], "X-Forwarded-Proto": "https"}
        headers |= person.headers if person else {}
        return httpx2.Client(base_url=f"http://127.0.0.1:{self.ports[service]}", headers=headers, timeout=20)

    def _build(self) -> None:
        """The image's last stage: its tree, its packages, its own RUNs."""
        copy_context(self.tree)
        guard = self.tree.parent / "guard"
        guard.mkdir()
        (guard / "sitecustomize.py").write_text(GUARD.format(absent=packages_left_out()))
        environment = {**image_environment(), "PATH": f"{PROGRAMS}{os.pathsep}{os.defpath}", "PYTHONPATH": str(guard)}
        for instruction in dockerfile("RUN"):
            if "manage.py" in instruction.words:
                done = self._run(instruction.command, environment)
                assert done.returncode == 0, f"{instruction.words}: {done.stdout}{done.stderr}"

    def _start_valkey(self) -> None:
        data = self.tree.parent / "valkey-data"
        data.mkdir()
        here = ["--port", str(self.ports["valkey"]), "--bind", "127.0.0.1", "--dir", str(data)]
        words = [*self.compose["valkey"]["command"], *here]
        self._begin("valkey-deployed", words, {"PATH": f"{server_binary().parent}{os.pathsep}{os.defpath}"})

    def _begin(self, name: str, words: list[str], environment: Mapping[str, str]) -> Child:
        found = shutil.which(words[0], path=environment["PATH"]) or words[0]
        child = Child(
            Command(name=name, arguments=[found, *words[1:]], folder=self.tree, environment=environment), self.home
        )
        self.children.append(child)
        return child

    def _run(self, words: list[str], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        found = shutil.which(words[0], path=environment["PATH"]) or words[0]
        placed = [found, *map(self._placed, words[1:])]
        return subprocess.run(
            placed, cwd=self.tree, env=dict(environment), capture_output=True, text=True, timeout=150, check=False
        )

    def _placed(self, value: str) -> str:
        """Names of services, which an engine resolves, as loopback addresses."""
        places = {"postgres:5432": self.services.postgres.port, "valkey:6379": self.ports["valkey"]}
        places |= {f"{name}:8000": self.ports[name] for name in ("web", "sockets")}
        for name, port in places.items():
            value = re.sub(rf"(?<![\w.-]){re.escape(name)}", f"127.0.0.1:{port}", value)
        return value

    def _superuser_password(self) -> str:
        return str(psycopg.conninfo.conninfo_to_dict(self.services.superuser_url)["password"])


def caddyfile_for(caddy: str) -> str:
    """Ours; Debian's Caddy, 2.6, knows one of its words by an older name."""
    version = subprocess.run([caddy, "version"], capture_output=True, text=True, check=True).stdout
    text = (REPOSITORY / "deploy" / "Caddyfile").read_text()
    return text.replace("request_buffers 4MiB", "buffer_requests") if version.startswith(("2.6", "v2.6")) else text


def packages_left_out() -> set[str]:
    """Top-level modules of this environment that the image would not have."""
    locked = re.findall(r"^([A-Za-z0-9._-]+)==", (REPOSITORY / "requirements/base.txt").read_text(), re.MULTILINE)
    base = {_normal(name) for name in locked}
    return {
        module
        for module, owners in packages_distributions().items()
        if not base & {_normal(owner) for owner in owners} and module not in sys.stdlib_module_names
    }


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@contextlib.contextmanager
def running_deployment(home: Path) -> Iterator[Deployment]:
    deployment = Deployment(home)
    try:
        deployment.begin()
        yield deployment
    finally:
        deployment.stop()
