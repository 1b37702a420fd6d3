"""Where one stack keeps its state: the folder that LINTEL_HOME names, `.local` in the repository by default."""

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """What this home's servers and its Django trust each other by; made once, readable by the owner alone."""

    secret_key: str
    superuser_password: str
    owner_password: str
    app_password: str
    valkey_password: str


@dataclass(frozen=True, slots=True)
class Home:
    """The folders and files of one stack."""

    root: Path

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def run(self) -> Path:
        return self.root / "run"

    @property
    def models(self) -> Path:
        return self.root / "models"

    @property
    def postgres(self) -> Path:
        return self.root / "postgres"

    @property
    def valkey(self) -> Path:
        return self.root / "valkey"

    @property
    def metrics(self) -> Path:
        return self.root / "metrics"

    def prepare(self) -> None:
        """Make the folders. They hold passwords and logs, so strangers are kept out."""
        self.root.mkdir(parents=True, exist_ok=True)
        self.root.chmod(0o700)
        for folder in (self.logs, self.run, self.models, self.postgres, self.valkey):
            folder.mkdir(exist_ok=True)

    def secrets(self) -> Secrets:
        path = self.root / "secrets.json"
        if not path.exists():
            write_private(path, json.dumps(asdict(new_secrets())))
        return Secrets(**json.loads(path.read_text()))


def new_secrets() -> Secrets:
    names = ("secret_key", "superuser_password", "owner_password", "app_password", "valkey_password")
    return Secrets(**{name: secrets.token_urlsafe(48 if name == "secret_key" else 24) for name in names})


def write_private(path: Path, text: str) -> None:
    """Write whole or not at all, readable by the owner alone."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
