"""The map behaves as a dictionary, and copies of it do not change with it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dashgen.storage.bucket_map import BucketMap

STEPS = st.lists(st.tuples(st.integers(0, 300), st.integers() | st.none()), max_size=60)


@given(st.dictionaries(st.integers(0, 300), st.integers()), STEPS)
def test_it_is_a_dictionary_whose_copies_stay(
    start: dict[int, int], steps: list[tuple[int, int | None]]
) -> None:
    first = BucketMap(start)
    changed, expected = first.copy(), dict(start)
    for key, value in steps:
        if value is None:
            assert changed.pop(key) == expected.pop(key, None)
        else:
            changed.set(key, value)
            expected[key] = value
    for key in range(301):
        assert changed.get(key) == expected.get(key)
        assert first.get(key) == start.get(key)
    assert sorted(changed.values()) == sorted(expected.values())
    assert (len(changed), len(first)) == (len(expected), len(start))
