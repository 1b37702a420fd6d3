"""A busy port is stepped over."""

import socket

from config.local import ports


def test_busy_port_gives_the_next() -> None:
    with socket.create_server(("127.0.0.1", ports.any_free())) as server:
        busy = server.getsockname()[1]
        assert not ports.is_free(busy)
        assert ports.next_free(busy) > busy
