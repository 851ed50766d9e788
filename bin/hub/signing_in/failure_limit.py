"""Slows down whoever guesses: so many failures a minute for one name and for one address."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

_MAX_KEYS: Final = 10_000


class FailureLimit:
    """Counts failures by key; each is forgotten evenly over a minute.

    Args:
        per_minute: How many failures a key may have.
    """

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._counted: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, key: str, now: float) -> float:
        """How long ``key`` must wait before the next try, in seconds; 0 when it need not.

        Args:
            key: A name or an address.
            now: A monotonic time in seconds.
        """
        excess = self._level(key, now) - (self._per_minute - 1)
        return max(0.0, excess * 60 / self._per_minute)

    def fail(self, key: str, now: float) -> None:
        """Count one failure of ``key``; the arguments are those of `wait`."""
        self._counted[key] = self._level(key, now) + 1, now
        self._counted.move_to_end(key)
        if len(self._counted) > _MAX_KEYS:
            self._counted.popitem(last=False)

    def _level(self, key: str, now: float) -> float:
        level, counted_at = self._counted.get(key, (0.0, now))
        return max(0.0, level - (now - counted_at) * self._per_minute / 60)
