"""One question of a container's health check, answered by the exit code: `python -m config.alive /readyz|worker|beat`.

Without Django, which takes longer to load than a check may. A worker is alive while its lease is, which it can only
renew by working; beat and the jobs worker while the sweep that the one sends and the other runs is seen.
"""

from __future__ import annotations

import http.client
import socket
import sys

import psycopg

from config import env

PATIENCE_S = 3
SEEN = {
    "worker": "SELECT 1 FROM requests_app_workerlease WHERE host = %(host)s AND expires_at > clock_timestamp()",
    "beat": "SELECT 1 FROM requests_app_pulse WHERE name = 'beat' AND at > clock_timestamp() - interval '60 seconds'",
}


def alive(part: str) -> bool:
    """``part`` is a key of SEEN, or a path that this container's own server answers."""
    return _seen(SEEN[part]) if part in SEEN else _answers(part)


def _answers(path: str) -> bool:
    server = http.client.HTTPConnection("127.0.0.1", env.integer("PORT", 8000), timeout=PATIENCE_S)
    server.request("GET", path)
    return server.getresponse().status == http.client.OK


def _seen(query: str) -> bool:
    address = env.text("DATABASE_URL")
    with psycopg.connect(address, connect_timeout=PATIENCE_S, options="-c statement_timeout=3s") as connection:
        return connection.execute(query, {"host": socket.gethostname()}).fetchone() is not None


if __name__ == "__main__":
    sys.exit(0 if alive(sys.argv[1]) else 1)
