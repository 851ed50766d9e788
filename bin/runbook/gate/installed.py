"""Whether installed packages hold what they say: each lists its files with their digests.

Python runs some files of an environment without being asked, when it starts; no such file may be there that no
package lists.
"""

from __future__ import annotations

import csv
import hashlib
from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_ALGORITHM = "sha256"
_RUN_AT_START = {"sitecustomize", "usercustomize"}
_OF_VIRTUALENV = "_virtualenv.pth"  # which virtualenv, and no package, writes


def damaged_files(environments: Path) -> list[str]:
    """Return the installed files that are gone, are not what their package lists, or run unlisted at the start.

    Args:
        environments: The folder in which Nox makes environments, one folder each.
    """
    sites = sorted(environments.glob("*/lib/python*/site-packages"))
    return [name for site in sites for name in _damaged(site)]


def _damaged(site: Path) -> Iterator[str]:
    """Those of one environment."""
    known = {_OF_VIRTUALENV}
    for record in sorted(site.glob("*.dist-info/RECORD")):
        for name, file, digest in _listed(record):
            known.add(name)
            if not _holds(file, digest):
                yield name
    names = sorted(file.name for file in site.iterdir() if _runs_at_start(file))
    yield from (name for name in names if name not in known)


def _runs_at_start(file: Path) -> bool:
    return file.suffix == ".pth" or file.name.partition(".")[0] in _RUN_AT_START


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
