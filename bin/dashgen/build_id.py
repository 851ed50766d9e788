"""What a server serves, as one digest: the gate opens for exactly this.

Run as a program it prints the digest for the checkout in the working directory.
"""

from __future__ import annotations

import hashlib
import math
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_SERVED = ("bin/control-panel-server.py", "bin/dashgen", "bin/wire", "docs/legal")
_LOOK_EVERY_S = 1.0


class BuildWatch:
    """The build of a running server, which is another as soon as its files are.

    What was loaded at boot goes on being served from memory, but pages that nobody has asked for yet
    come from the disk. So files that change under a server are no longer what the gate was opened for.
    """

    def __init__(self, root: Path, *, is_on: bool = True) -> None:
        """Args: root: the checkout. is_on: whether to look again after the start."""
        self._root = root
        self._is_on = is_on
        self._seen = _signatures(root) if is_on else {}
        self._build = served_build(root)
        self._looked_at = -math.inf

    def read(self, now: float) -> str:
        """The build of what is on disk, looked at again when a second has passed.

        Args:
            now: Seconds of the monotonic clock.

        Returns:
            The digest; "" when it cannot be told.
        """
        if self._is_on and now - self._looked_at >= _LOOK_EVERY_S:
            self._looked_at = now
            self._look()
        return self._build

    def _look(self) -> None:
        try:
            seen = _signatures(self._root)
            if seen != self._seen:
                self._build = served_build(self._root)
                self._seen = seen
        except OSError:
            self._build, self._seen = "", {}


def _signatures(root: Path) -> dict[str, tuple[int, int, int]]:
    """Inode, size and time of every served file: quick to take, and another when a file is."""
    found = {}
    places = [str(root / place) for place in _SERVED]
    while places:
        place = places.pop()
        if os.path.isdir(place):  # noqa: PTH112 - pathlib takes ten times as long
            with os.scandir(place) as entries:
                places += [entry.path for entry in entries if not _is_cache_name(entry.name)]
        elif os.path.exists(place):  # noqa: PTH110 - likewise
            status = os.stat(place)  # noqa: PTH116 - likewise
            found[place] = (status.st_ino, status.st_size, status.st_mtime_ns)
    return found


def served_build(root: Path) -> str:
    """Digest of the names and bytes of every file that decides what is served.

    Args:
        root: The checkout.

    Returns:
        SHA-256 in hexadecimal.

    Raises:
        FileNotFoundError: Nothing is served from there.
        OSError: A file could not be read.
    """
    files = sorted((path.relative_to(root).as_posix(), path) for path in _served_files(root))
    if not files:
        raise FileNotFoundError(f"no server in {root}")
    digest = hashlib.sha256()
    for name, path in files:
        # Lengths keep one file's end and the next one's name apart.
        data = path.read_bytes()
        digest.update(f"{len(name.encode())}:{name}:{len(data)}:".encode())
        digest.update(data)
    return digest.hexdigest()


def _served_files(root: Path) -> Iterator[Path]:
    for place in _SERVED:
        path = root / place
        found = path.rglob("*") if path.is_dir() else [path]
        yield from (file for file in found if file.is_file() and not _is_cache(file, root))


def _is_cache(path: Path, root: Path) -> bool:
    parts = path.relative_to(root).parts
    return any(_is_cache_name(part) for part in parts)


def _is_cache_name(name: str) -> bool:
    return name == "__pycache__" or name.startswith(".")


if __name__ == "__main__":
    sys.stdout.write(f"{served_build(Path.cwd())}\n")
