"""Free ports on loopback."""

import errno
import random
import socket

from config.local.errors import LocalError

# Below the range that systems hand to outgoing connections (from 32768 on Linux, 49152 on macOS): a client that
# reconnects to a stopped server could otherwise be given that very port, and connect to itself.
SERVER_PORTS = range(15000, 30000)


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                return False
            raise
    return True


def any_free() -> int:
    for port in random.sample(SERVER_PORTS, 200):
        if is_free(port):
            return port
    raise LocalError(f"No free port was found between {SERVER_PORTS.start} and {SERVER_PORTS.stop} on 127.0.0.1.")


def next_free(port: int, host: str = "127.0.0.1") -> int:
    """This port, or the first free one above it."""
    for candidate in range(port, min(port + 100, 65536)):
        if is_free(candidate, host):
            return candidate
    raise LocalError(f"Ports {port} to {port + 99} are all taken on {host}; set PORT to another one.")
