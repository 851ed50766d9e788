"""A connection to PostgreSQL that waits, but not for ever, and in which no number loses a digit."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from psycopg import Connection, Cursor, OperationalError
from psycopg.waiting import Ready

if TYPE_CHECKING:
    from collections.abc import Generator

    from psycopg.abc import PQGen

# Whoever waits for a lock is told after five; a server that says nothing for so long stands still, or is gone, which
# nobody else would notice for a quarter of an hour.
SILENCE_SECONDS: Final = 10.0

_T = TypeVar("_T")


class ExactCursor(Cursor[Any]):
    """Takes numbers as they are stored; as text they have the digits that `extra_float_digits` leaves them."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> Self:
        """Ask; what has no parameters may be several statements, and those answer in text alone."""
        options.setdefault("binary", bool(params))
        return super().execute(query, params, **options)


class PatientConnection(Connection[Any]):
    """Closes itself when the server has been silent for too long, in whatever it was asked.

    Attributes:
        silence_seconds: How long that is.
    """

    silence_seconds = SILENCE_SECONDS

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.cursor_factory = ExactCursor

    def wait(self, gen: PQGen[_T], *arguments: Any, **options: Any) -> _T:
        """Wait for what was asked.

        Raises:
            OperationalError: nothing came, and the connection is closed.
        """
        return super().wait(self._patiently(gen), *arguments, **options)

    def _patiently(self, asked: PQGen[_T]) -> Generator[Any, Any, _T]:
        """Passes on what is waited for; the one who waits comes back ten times a second with nothing."""
        heard_at = time.monotonic()
        try:
            wanted = next(asked)
            while True:
                ready = yield wanted
                now = time.monotonic()
                if ready != Ready.NONE:
                    heard_at = now
                elif now - heard_at > self.silence_seconds:
                    self.pgconn.finish()  # nobody may take the late answer for another's
                    raise OperationalError(f"the server was silent for {self.silence_seconds:g} s")
                wanted = asked.send(ready)
        except StopIteration as end:
            came: _T = end.value
            return came
