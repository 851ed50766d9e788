"""What a server serves, as one digest: the gate opens for exactly this.

Run as a program it prints the digest for the checkout in the working directory.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_SERVED = ("bin/control-panel-server.py", "bin/dashgen", "docs/legal")


def served_build(root: Path) -> str:
    """Digest of the names and bytes of every file that decides what is served.

    Args:
        root: the checkout.

    Returns:
        SHA-256 in hexadecimal.

    Raises:
        FileNotFoundError: nothing is served from there.
        OSError: a file could not be read.
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
    return any(part == "__pycache__" or part.startswith(".") for part in parts)


if __name__ == "__main__":
    sys.stdout.write(f"{served_build(Path.cwd())}\n")
