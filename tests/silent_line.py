"""A line to PostgreSQL on which the server falls silent, as one that stands still or is gone does."""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import Final

from tests.broken_line import BrokenLine

# Whoever waits so long would wait for ever; then the line breaks, which is another error.
_LONG_SECONDS: Final = 10.0


class SilentLine(BrokenLine):
    """Passes on what is said, until it swallows all that follows a word; a context manager."""

    _word: bytes | None = None

    def fall_silent_at(self, word: bytes) -> None:
        """Lets the server hear nothing more from the next one who says this; later lines are as before."""
        self._word = word

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        is_silent = False
        with suppress(OSError):
            while said := source.recv(65_536):
                if self._word is not None and self._word in said:
                    self._word, is_silent = None, True
                    source.settimeout(_LONG_SECONDS)
                if not is_silent:
                    target.sendall(said)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
