"""`make check`: everything that is looked at without running the product."""

import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from config.local import packages
from config.local.home import REPOSITORY
from config.local.setup import LOCKS, REQUIREMENTS, SetupStopped, compile_lock, tools
from config.local.terminal import Terminal

OUT_OF_REACH = ("ConnectionError", "ServiceError", "Timeout", "dns error", "error sending request", "Could not connect")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a check found; None in `passed` means that it could not look."""

    passed: bool | None
    words: str = ""


def main() -> int:
    terminal = Terminal()
    failed = []
    for name, check in CHECKS.items():
        began = time.monotonic()
        verdict = check()
        took = f"{time.monotonic() - began:.1f} s"
        if verdict.passed is None:
            terminal.event("skipped", f"{name}: {verdict.words}")
        elif verdict.passed:
            terminal.event("ok", f"{name} ({took})")
        else:
            failed.append(name)
            terminal.problem(f"{name} ({took})\n{verdict.words}")
    terminal.say(f"Failed: {', '.join(failed)}" if failed else "All checks passed")
    return 1 if failed else 0


def tool(*command: str, environment: Mapping[str, str] | None = None) -> Callable[[], Verdict]:
    """A check that is one command of the environment, judged by its exit code."""

    def check() -> Verdict:
        done = _run(str(Path(sys.executable).parent / command[0]), *command[1:], environment=environment)
        return Verdict(passed=done.returncode == 0, words=(done.stdout + done.stderr).strip())

    return check


def _run(*command: str, environment: Mapping[str, str] | None = None) -> "subprocess.CompletedProcess[str]":
    merged = {**os.environ, **(environment or {})}
    return subprocess.run(command, cwd=REPOSITORY, env=merged, capture_output=True, text=True, check=False)


def production() -> dict[str, str]:
    """What production settings insist on; nothing in it leads anywhere."""
    return {
        "DJANGO_SETTINGS_MODULE": "config.settings.production",
        "SECRET_KEY": secrets.token_urlsafe(60),
        "ALLOWED_HOSTS": "lintel.invalid",
        "DATABASE_URL": "postgresql://lintel_app@127.0.0.1:1/lintel",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "OPENAI_BASE_URL": "http://127.0.0.1:1/v1",
    }


def lock_is_current() -> Verdict:
    """Compile each lock anew over a copy of itself: a version that still satisfies its .in file stays."""
    try:
        uv, python = tools()
        environment = packages.uv_environment(python.path)
        stale = [name for name in LOCKS if _differs(uv, environment, name)]
    except (SetupStopped, packages.NoUv) as stopped:
        return Verdict(passed=None, words=f"the package index did not answer ({stopped})")
    return Verdict(passed=not stale, words=f"requirements/{', '.join(stale)}.txt: make lock brings it up to date")


def _differs(uv: str, environment: dict[str, str], name: str) -> bool:
    current = (REQUIREMENTS / f"{name}.txt").read_text()
    with tempfile.TemporaryDirectory() as folder:
        compiled = Path(folder) / "compiled.txt"
        compiled.write_text(current)
        compile_lock(uv, environment, name, str(compiled))
        return compiled.read_text() != current


def no_known_vulnerability() -> Verdict:
    done = _run(
        str(Path(sys.executable).parent / "pip-audit"),
        *("-r", "requirements/base.txt", "--no-deps", "--disable-pip", "--progress-spinner", "off", "-f", "json"),
    )
    try:
        return audit_verdict(json.loads(done.stdout)["dependencies"])
    except ValueError:
        unreachable = any(sign in done.stderr for sign in OUT_OF_REACH)
        return Verdict(passed=None if unreachable else False, words=done.stderr.strip().splitlines()[-1][:300])


def audit_verdict(dependencies: list[dict[str, object]]) -> Verdict:
    """A service that knows none of so many packages is not the service."""
    audited = [dependency for dependency in dependencies if "vulns" in dependency]
    if not audited:
        return Verdict(passed=None, words="the advisory service cannot be reached")
    return Verdict(passed=not any(entry["vulns"] for entry in audited), words="\n".join(_known(audited)))


def _known(audited: list[dict[str, object]]) -> Iterator[str]:
    for entry in audited:
        for vulnerability in entry["vulns"] if isinstance(entry["vulns"], list) else []:
            fixed = ", ".join(vulnerability["fix_versions"]) or "no release"
            yield f"{entry['name']} {entry['version']}: {vulnerability['id']}, fixed in {fixed}"


CHECKS: dict[str, Callable[[], Verdict]] = {
    "lint": tool("ruff", "check", "."),
    "format": tool("ruff", "format", "--check", "."),
    "types": tool("mypy", "."),
    "floors": tool("lint-imports"),
    "migrations": tool("python", "-W", "ignore", "manage.py", "makemigrations", "--check", environment=production()),
    "deployment": tool("python", "manage.py", "check", "--deploy", "--fail-level", "WARNING", environment=production()),
    "requirements lock": lock_is_current,
    "dependency audit": no_known_vulnerability,
}

if __name__ == "__main__":
    sys.exit(main())
