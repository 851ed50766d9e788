"""Nothing outlives its revision."""

from __future__ import annotations

from dashgen.serving.revision_cache import RevisionCache


def test_kept_for_its_revision_alone() -> None:
    cache: RevisionCache[str] = RevisionCache(9)
    assert cache.find("1", "key") is None
    cache.keep("1", "key", "value")
    assert "value" == cache.find("1", "key")
    assert cache.find("2", "key") is None
    assert cache.find("1", "key") is None


def test_what_was_made_for_an_older_revision_is_not_kept() -> None:
    cache: RevisionCache[str] = RevisionCache(9)
    cache.find("1", "key")
    cache.find("2", "key")
    cache.keep("1", "key", "old")
    assert cache.find("2", "key") is None


def test_what_is_kept_stays_beside_what_comes_after_it() -> None:
    cache: RevisionCache[str] = RevisionCache(9)
    cache.find("1", "first")
    cache.keep("1", "first", "one")
    cache.keep("1", "second", "two")
    assert ("one", "two") == (cache.find("1", "first"), cache.find("1", "second"))


def test_it_is_bounded() -> None:
    cache: RevisionCache[int] = RevisionCache(9)
    cache.find("1", 0)
    for key in range(30):
        cache.keep("1", key, key)
        assert key == cache.find("1", key)
        assert len(cache._kept) <= 9
