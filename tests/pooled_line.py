"""A line to PostgreSQL on which it looks as if a pooler stood in between."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from tests.broken_line import BrokenLine

if TYPE_CHECKING:
    import socket

# What a server calls itself when a connection begins: a kind, a length, its process, a secret.
_KEY: Final = b"K\0\0\0\x0c"


class PooledLine(BrokenLine):
    """Gives each connection a process of its own making, as a pooler does; a context manager."""

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while said := source.recv(65_536):
                before, key, after = said.partition(_KEY)
                target.sendall(before + key + (b"\x7f" + after[1:] if key else b""))
        with suppress(OSError):
            target.close()
