"""Versions in the order of PEP 440, and how far apart two of them are. Pure."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache

_VERSION = re.compile(
    r"""\s*v?(?:(?P<epoch>\d+)!)?(?P<release>\d+(?:\.\d+)*)
    (?:[-_.]?(?P<stage>alpha|beta|preview|pre|rc|a|b|c)[-_.]?(?P<stage_number>\d*))?
    (?P<post>-(?P<bare_post>\d+)|[-_.]?(?:post|rev|r)[-_.]?(?P<post_number>\d*))?
    (?P<dev>[-_.]?dev[-_.]?(?P<dev_number>\d*))?
    (?:\+(?P<local>[a-z0-9]+(?:[-_.][a-z0-9]+)*))?\s*""",
    re.VERBOSE | re.IGNORECASE,
)
_STAGES = {"alpha": "a", "beta": "b", "preview": "rc", "pre": "rc", "c": "rc"}
_LOW, _HIGH = (-1,), (1,)  # stand before and behind every (0, ...)

Key = tuple[object, ...]


class Jump(StrEnum):
    """Which part of the number changed, by semantic versioning; "none" where one of the two is missing."""

    MAJOR = "major"
    MINOR = "minor"
    PATCH = "patch"
    NONE = "none"


@lru_cache(maxsize=4096)
def key(version: str) -> Key:
    """Return what a version is sorted by, as PEP 440 says: dev < a < b < rc < final < post, local last.

    Raises:
        ValueError: It is no version.
    """
    found = _VERSION.fullmatch(version)
    if found is None:
        raise ValueError(f"{version!r} is no version")
    stage = (found["stage"] or "").lower()
    has_post, has_dev = found["post"] is not None, found["dev"] is not None
    if stage:
        pre: Key = (0, _STAGES.get(stage, stage), int(found["stage_number"] or 0))
    else:
        pre = _LOW if has_dev and not has_post else _HIGH
    post: Key = (0, int(found["bare_post"] or found["post_number"] or 0)) if has_post else _LOW
    dev: Key = (0, int(found["dev_number"] or 0)) if has_dev else _HIGH
    return (int(found["epoch"] or 0), release(version), pre, post, dev, _local(found["local"]))


def _local(text: str | None) -> Key:
    if text is None:
        return _LOW
    parts = re.split(r"[-_.]", text.lower())
    return (0, tuple((1, int(part), "") if part.isdigit() else (0, 0, part) for part in parts))


def release(version: str) -> tuple[int, ...]:
    """Return the numbers of a version without trailing noughts: ``(1, 2)`` for 1.2.0rc1.

    Raises:
        ValueError: It is no version.
    """
    found = _VERSION.fullmatch(version)
    if found is None:
        raise ValueError(f"{version!r} is no version")
    numbers = [int(part) for part in found["release"].split(".")]
    while len(numbers) > 1 and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def jump(before: str | None, after: str | None) -> Jump:
    """Say which part of the number changed from one version to another."""
    if before is None or after is None:
        return Jump.NONE
    old, new = ((*release(each), 0, 0)[:3] for each in (before, after))
    if old[0] != new[0]:
        return Jump.MAJOR
    return Jump.MINOR if old[1] != new[1] else Jump.PATCH


def next_series(good: str, bad: str) -> str | None:
    """Return where the first major after ``good`` begins, or else the first minor; None where both are of one minor.

    Args:
        good: The lower version.
        bad: The higher one.
    """
    old, new = ((*release(each), 0)[:2] for each in (good, bad))
    if old[0] != new[0]:
        return str(old[0] + 1) if new[0] > old[0] else None
    return f"{old[0]}.{old[1] + 1}" if old[1] < new[1] else None


def threshold(good: str, bad: str) -> str | None:
    """Return where between two versions a break is likeliest: the start of a major, or else of a minor series.

    Args:
        good: The lower one.
        bad: The higher one.

    Returns:
        A version such as "3" or "2.5" that lies above ``good`` and not above ``bad``; of several the middle one.
        None where the two are of one minor series.
    """
    old, new = ((*release(each), 0)[:2] for each in (good, bad))
    if old[0] != new[0]:
        return str((old[0] + 1 + new[0]) // 2) if new[0] > old[0] else None
    if old[1] < new[1]:
        return f"{old[0]}.{(old[1] + 1 + new[1]) // 2}"
    return None
