"""A mapping that is cheap to copy: copies share whatever was not changed since."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_K = TypeVar("_K")
_V = TypeVar("_V")

# With 10,000 keys a change copies about 80 of them, where a plain dict copies all.
_BUCKETS = 128


class BucketMap(Generic[_K, _V]):
    """A dictionary split into buckets; a change replaces one bucket and leaves copies alone."""

    def __init__(self, items: Mapping[_K, _V]) -> None:
        buckets: list[dict[_K, _V]] = [{} for _ in range(_BUCKETS)]
        for key, value in items.items():
            buckets[hash(key) % _BUCKETS][key] = value
        self._buckets = buckets

    def __len__(self) -> int:
        return sum(map(len, self._buckets))

    def get(self, key: _K) -> _V | None:
        """The value of a key, or None."""
        return self._buckets[hash(key) % _BUCKETS].get(key)

    def values(self) -> Iterator[_V]:
        """All values, in no order."""
        for bucket in self._buckets:
            yield from bucket.values()

    def copy(self) -> BucketMap[_K, _V]:
        """A map with the same items, which can be changed without changing this one."""
        other: BucketMap[_K, _V] = BucketMap({})
        other._buckets = self._buckets.copy()
        return other

    def set(self, key: _K, value: _V) -> None:
        """Give a key a value."""
        place = hash(key) % _BUCKETS
        self._buckets[place] = {**self._buckets[place], key: value}

    def pop(self, key: _K) -> _V | None:
        """Remove a key, and give the value it had or None."""
        place = hash(key) % _BUCKETS
        bucket = self._buckets[place].copy()
        value = bucket.pop(key, None)
        self._buckets[place] = bucket
        return value
