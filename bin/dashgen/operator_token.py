"""The dashboard token, as its owner wrote it down."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Final

from dashgen.storage.atomic_file import UnfitFileError, read_regular

if TYPE_CHECKING:
    from pathlib import Path

_VARIABLE: Final = "DASHBOARD_TOKEN"
_MAX_FILE_BYTES: Final = 65_536


class OperatorToken:
    """The `DASHBOARD_TOKEN` of an `.env.local` file.

    The file is read whenever a token is presented, so a new token holds at once. Where there is
    none, or it cannot be read, no token is right.

    Args:
        path: The file; lines are `NAME=VALUE`, a value may stand in quotes.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def matches(self, presented: str) -> bool:
        """Whether this is the token, compared in constant time."""
        token = self._read()
        return bool(token) and hmac.compare_digest(token.encode(), presented.encode())

    def _read(self) -> str:
        try:
            # What is linked to is read, too: such files are often kept elsewhere.
            data, _ = read_regular(self._path.resolve(), _MAX_FILE_BYTES)
            text = data.decode()
        except (OSError, UnfitFileError, UnicodeDecodeError, RuntimeError):
            return ""
        for line in text.splitlines():
            name, _, value = line.strip().removeprefix("export ").partition("=")
            if name.strip() == _VARIABLE:
                return value.strip().strip("'\"")
        return ""
