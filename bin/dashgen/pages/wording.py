"""Points in time, as several pages say them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_STEPS = ((_DAY, "day"), (_HOUR, "hour"), (_MINUTE, "minute"))
_OLD = 30 * _DAY


class Moment(NamedTuple):
    """A point in time for a `time` element.

    Attributes:
        iso: For the `datetime` attribute.
        text: For people.
    """

    iso: str
    text: str


def moment(timestamp: float | None, *, now: float | None = None) -> Moment | None:
    """Say when something happened.

    Args:
        timestamp: Unix seconds, or None for never.
        now: Unix seconds; with it the text is relative ("2 hours ago") up to thirty days.

    Returns:
        None for never, and for a number that is no date.
    """
    if timestamp is None:
        return None
    try:
        then = datetime.fromtimestamp(timestamp, UTC)
    except (OverflowError, ValueError, OSError):
        return None
    date = f"{then.day} {then:%B} {then.year}"
    recent = now is not None and 0 <= now - timestamp < _OLD
    text = _ago(now - timestamp) if recent and now is not None else date
    return Moment(then.isoformat(timespec="seconds"), text)


def _ago(seconds: float) -> str:
    for size, name in _STEPS:
        count = int(seconds // size)
        if count:
            return f"{count} {name}{'s' if count > 1 else ''} ago"
    return "just now"
