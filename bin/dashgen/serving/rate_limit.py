"""Token buckets, one for each client address, kept in the memory of one process."""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from typing import NamedTuple

_MAX_CLIENTS = 10_000


class _Bucket(NamedTuple):
    level: float
    filled_at: float


def client_of(address: str) -> str:
    """Who is counted under an address: of IPv6 a household has not one but a whole network, of 64 bits."""
    try:
        parsed = ipaddress.IPv6Address(address)
    except ValueError:
        return address
    return str(parsed.ipv4_mapped or ipaddress.IPv6Network((parsed, 64), strict=False))


class RateLimit:
    """Allows each client a number of calls a minute, in bursts if it likes.

    Args:
        per_minute: How many calls a full bucket holds; it refills evenly over one minute.
    """

    def __init__(self, per_minute: int) -> None:
        self._capacity = float(per_minute)
        self._per_second = per_minute / 60
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def wait(self, client: str, now: float) -> float:
        """How long `client` must wait for its next call, in seconds; 0 when it need not.

        Args:
            client: The address of the client.
            now: A monotonic time in seconds.
        """
        level = self._level(client, now)
        return 0.0 if level >= 1 else (1 - level) / self._per_second

    def take(self, client: str, now: float) -> float:
        """Count one call of `client`, unless it must wait.

        Returns:
            The seconds to wait: 0 when the call was counted and may go on.
        """
        wait = self.wait(client, now)
        if wait == 0:
            self._buckets[client] = _Bucket(self._level(client, now) - 1, now)
            self._buckets.move_to_end(client)
            # The longest unseen client is forgotten, so that addresses cannot fill the memory.
            if len(self._buckets) > _MAX_CLIENTS:
                self._buckets.popitem(last=False)
        return wait

    def _level(self, client: str, now: float) -> float:
        bucket = self._buckets.get(client)
        if bucket is None:
            return self._capacity
        gained = (now - bucket.filled_at) * self._per_second
        return min(self._capacity, bucket.level + gained)
