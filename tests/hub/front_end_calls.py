"""What the front end of an app calls, as its scripts are written: so nobody need list the routes of an app."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

_CALL: Final = re.compile(r"""["`](/api/[^"`?]*)(?:\?[^"`]*)?["`](?:, \{ method: "([A-Z]+)")?""")
_BLANK: Final = re.compile(r"\$\{[^}]*\}")
_IS_FOR_MEMBERS: Final = re.compile(r"^ +required: *true\b", re.MULTILINE)


class Call(NamedTuple):
    """A request that a front end makes."""

    method: str
    path: str


def calls_for_members(folder: Path) -> list[Call]:
    """Return what the front end of an app calls, where its manifest says that one must be signed in.

    Args:
        folder: The app's; its manifest may be broken.
    """
    manifest = (folder / "app.manifest.yml").read_text(encoding="utf-8", errors="replace")
    if not _IS_FOR_MEMBERS.search(manifest):
        return []
    scripts = (file.read_text(encoding="utf-8") for file in (folder / "frontend").rglob("*.js"))
    found = {match for script in scripts for match in _CALL.findall(script)}
    return sorted(Call(method or "GET", _BLANK.sub("none", path)) for path, method in found)
