"""A line to PostgreSQL that breaks when a change is to be committed, before or after the server hears of it."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import Final, Self

from sqlalchemy.engine import make_url

# The whole statement; a transaction that begins says "READ COMMITTED".
_COMMIT: Final = b"COMMIT\0"


class BrokenLine:
    """Passes on what is said, until it breaks; a context manager.

    Attributes:
        url: The server's URL, through this line.

    Args:
        url: Where the server is.
    """

    def __init__(self, url: str) -> None:
        self._server = make_url(url)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._is_heard: bool | None = None
        self._ends: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        port = self._listener.getsockname()[1]
        through = self._server.difference_update_query(["host"]).set(host="127.0.0.1", port=port)
        through = through.update_query_dict({"sslmode": "disable", "gssencmode": "disable"})
        self.url = through.render_as_string(hide_password=False)

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        for each in (self._listener, *self._ends):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        for each in (self._listener, *self._ends):
            each.close()

    def break_at_commit(self, *, is_heard: bool) -> None:
        """Breaks the next line on which a commit is asked for.

        Args:
            is_heard: Whether the server still hears of it.
        """
        self._is_heard = is_heard

    def _accept(self) -> None:
        with suppress(OSError):  # until the listener is closed
            while True:
                client, _ = self._listener.accept()
                server = self._connect()
                self._ends += [client, server]
                for ends in ((client, server), (server, client)):
                    self._threads.append(threading.Thread(target=self._pass_on, args=ends))
                    self._threads[-1].start()

    def _connect(self) -> socket.socket:
        host = self._server.query.get("host") or self._server.host or "127.0.0.1"
        assert isinstance(host, str)
        port = self._server.port or 5432
        if not host.startswith("/"):
            return socket.create_connection((host, port))
        server = socket.socket(socket.AF_UNIX)
        server.connect(f"{host}/.s.PGSQL.{port}")
        return server

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while said := source.recv(65_536):
                if _COMMIT in said and self._is_heard is not None:
                    self._break(source, target, said)
                    return
                target.sendall(said)
        with suppress(OSError):
            target.shutdown(socket.SHUT_RDWR)

    def _break(self, client: socket.socket, server: socket.socket, said: bytes) -> None:
        is_heard, self._is_heard = self._is_heard, None
        client.shutdown(socket.SHUT_RDWR)
        if is_heard:
            server.sendall(said)
        server.shutdown(socket.SHUT_WR)
