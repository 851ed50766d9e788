"""Whether installed packages hold what they say: each lists its files with their digests."""

from __future__ import annotations

import csv
import hashlib
from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_ALGORITHM = "sha256"


def damaged_files(environments: Path) -> list[str]:
    """Return the installed files that are gone, or are not what the ``RECORD`` of their package says.

    Args:
        environments: The folder in which Nox makes environments, one folder each.
    """
    records = sorted(environments.glob("*/lib/python*/site-packages/*.dist-info/RECORD"))
    return [
        name
        for record in records
        for name, file, digest in _listed(record)
        if not _holds(file, digest)
    ]


def _listed(record: Path) -> Iterator[tuple[str, Path, str]]:
    """The files of a package that are listed with a digest."""
    with record.open(encoding="utf-8", newline="") as lines:
        for name, digest, *_ in csv.reader(lines):
            algorithm, _, value = digest.partition("=")
            if algorithm == _ALGORITHM:
                yield name, record.parent.parent / name, value


def _holds(file: Path, digest: str) -> bool:
    try:
        with file.open("rb") as content:
            found = hashlib.file_digest(content, _ALGORITHM).digest()
    except OSError:
        return False
    return urlsafe_b64encode(found).rstrip(b"=").decode() == digest
