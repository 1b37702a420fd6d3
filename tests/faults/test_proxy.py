from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Iterator

import pytest

from tests.faults.proxy import HOST, Proxy


class Echo(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        while data := self.request.recv(1000):
            self.request.sendall(data)


class EchoServer(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A reset is what the tests are about."""


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    with EchoServer((HOST, 0), Echo) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        with Proxy(int(server.server_address[1])) as proxy:
            yield proxy
        server.shutdown()


def dial(proxy: Proxy) -> socket.socket:
    return socket.create_connection((HOST, proxy.port), timeout=10)


def echo(client: socket.socket, words: bytes) -> bytes:
    client.sendall(words)
    return client.recv(1000)


def test_passes_and_counts(proxy: Proxy) -> None:
    with dial(proxy) as first, dial(proxy) as second:
        assert (echo(first, b"one"), echo(second, b"three")) == (b"one", b"three")
        counts = proxy.counts
    assert (counts.accepted, counts.open, counts.most, counts.up, counts.down) == (2, 2, 2, 8, 8)


def test_half_closed_connection_gets_its_rest(proxy: Proxy) -> None:
    with dial(proxy) as client:
        client.sendall(b"last words")
        client.shutdown(socket.SHUT_WR)
        assert client.recv(1000) == b"last words"
        assert client.recv(1000) == b""


def test_refuses_newcomers_alone(proxy: Proxy) -> None:
    with dial(proxy) as client:
        assert echo(client, b"before") == b"before"
        proxy.refuse()
        with pytest.raises(ConnectionRefusedError):
            dial(proxy)
        assert echo(client, b"still") == b"still"
        proxy.resume()
        with dial(proxy) as newcomer:
            assert echo(newcomer, b"again") == b"again"


def test_cut_resets_what_stands(proxy: Proxy) -> None:
    with dial(proxy) as client:
        assert echo(client, b"before") == b"before"
        assert proxy.cut() == 1
        with pytest.raises(ConnectionResetError):
            client.recv(1000)
    with dial(proxy) as newcomer:
        assert echo(newcomer, b"again") == b"again"


def test_stalled_connection_stays_open(proxy: Proxy) -> None:
    with dial(proxy) as client:
        assert echo(client, b"before") == b"before"
        proxy.stall()
        client.sendall(b"held")
        with dial(proxy) as newcomer:
            newcomer.sendall(b"held too")
            for silent in (client, newcomer):
                silent.settimeout(0.2)
                with pytest.raises(TimeoutError):
                    silent.recv(1000)
                silent.settimeout(10)
            proxy.resume()
            assert (client.recv(1000), newcomer.recv(1000)) == (b"held", b"held too")


def test_stalled_connection_can_be_cut(proxy: Proxy) -> None:
    proxy.stall()
    with dial(proxy) as client:
        client.sendall(b"never")
        while not proxy.counts.open:
            pass
        assert proxy.cut() == 1
        with pytest.raises(ConnectionResetError):
            client.recv(1000)


def test_cuts_each_connection_after_so_many_bytes(proxy: Proxy) -> None:
    proxy.cut_after(4)
    for _again in range(2):
        with dial(proxy) as client:
            client.sendall(b"abcdefgh")
            assert client.recv(1000) == b"abcd"
            with pytest.raises(ConnectionResetError):
                client.recv(1000)
    proxy.resume()
    with dial(proxy) as client:
        assert echo(client, b"abcdefgh") == b"abcdefgh"


def test_target_that_is_gone_resets() -> None:
    """Dialling may be told of the reset before it was told that it is connected. The target is held by nobody else."""
    with socket.socket() as gone:
        gone.bind((HOST, 0))
        target = int(gone.getsockname()[1])
        with Proxy(target) as orphan, pytest.raises(ConnectionResetError), dial(orphan) as client:
            client.recv(1000)
