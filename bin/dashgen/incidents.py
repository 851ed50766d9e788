"""Incidents that are not over yet, as `invoke rollback` writes them, for the operator's dashboard."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from dashgen.storage.atomic_file import UnfitFileError, read_regular
from dashgen.strict_json import decode_strictly

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_SHOWN: Final = 20

_MAX_BYTES: Final = 512 * 1024
_OVER: Final = "resolved"
_log = logging.getLogger(__name__)


class _Row(msgspec.Struct):
    test: str


class _Culprit(msgspec.Struct):
    sha: str
    subject: str = ""


class _Record(msgspec.Struct):
    schema: Literal["incident/1"]
    id: str
    opened: float
    severity: str
    status: str
    rows: list[_Row]
    culprit: _Culprit | None = None
    next: list[str] = []


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """What an operator sees of an incident.

    Attributes:
        id: As the files are called.
        state: How far it is.
        opened_at: Unix seconds.
        severity: high or normal.
        rows: The red rows' tests.
        culprit: The commit that is to blame, if it is known.
        next: The command that leads on.
    """

    id: str
    state: str
    opened_at: float
    severity: str
    rows: list[str]
    culprit: str
    next: str


def read_incidents(folder: Path) -> list[Incident]:
    """The incidents that are not over, the newest first; what cannot be read is left out.

    Args:
        folder: Holds a JSON file for each; it need not exist.
    """
    found = [record for record in _records(folder) if record.status != _OVER]
    newest = sorted(found, key=lambda record: (-record.opened, record.id))
    return [_view(record) for record in newest[:MAX_SHOWN]]


def _records(folder: Path) -> Iterator[_Record]:
    for path in sorted(folder.glob("*.json")):
        try:
            data, _ = read_regular(path, _MAX_BYTES)
            yield decode_strictly(data, _Record)
        except (OSError, UnfitFileError, ValueError) as error:
            _log.warning("the incident %r is left out: %r", str(path), str(error))


def _view(record: _Record) -> Incident:
    culprit = record.culprit
    return Incident(
        id=record.id,
        state=record.status,
        opened_at=record.opened,
        severity=record.severity,
        rows=[row.test for row in record.rows],
        culprit=f"{culprit.sha[:10]} {culprit.subject}".strip() if culprit else "",
        next=record.next[0] if record.next else "",
    )
