"""A mail server on loopback that takes every mail and remembers to whom it went and what it said."""

from __future__ import annotations

import socketserver
import threading
from email import message_from_bytes
from email.header import decode_header, make_header
from email.policy import SMTP

from config.local.ports import any_free


class Postbox:
    def __init__(self) -> None:
        self.port = any_free()
        self.mails: list[tuple[str, str]] = []
        box = self

        class Session(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                box._converse(self)

        self._server = _Server(("127.0.0.1", self.port), Session)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), name="postbox", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _converse(self, session: socketserver.StreamRequestHandler) -> None:
        session.wfile.write(b"220 campaign\r\n")
        while line := session.rfile.readline():
            word = line.split(maxsplit=1)[0].upper() if line.strip() else b""
            if word == b"DATA":
                session.wfile.write(b"354 go on\r\n")
                self._take(session)
            session.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")
            if word == b"QUIT":
                return

    def _take(self, session: socketserver.StreamRequestHandler) -> None:
        lines = []
        while (line := session.rfile.readline()).rstrip(b"\r\n") != b"." and line:
            lines.append(line)
        mail = message_from_bytes(b"".join(lines), policy=SMTP)
        self.mails.append((str(mail["To"]), str(make_header(decode_header(str(mail["Subject"]))))))


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that are killed in mid-sentence are what it is for."""
