"""Files that are whole at any moment: atomic writes, locks, and keeping what cannot be read."""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import secrets
import stat
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Where what cannot be used is kept, beside where it stood.
QUARANTINE_NAME = "_set_aside"

_log = logging.getLogger(__name__)

# What opening says of a link that is not followed, a socket, a folder, a path below a file.
_NOT_A_FILE = frozenset({errno.ELOOP, errno.ENXIO, errno.ENOTDIR, errno.EISDIR})


class UnfitFileError(Exception):
    """Something stands where a file should, but it is a link, a folder, a pipe, or too large."""


class UnsyncedError(OSError):
    """What was done is there for all to see, but a loss of power may still undo it."""


def write_atomically(path: Path, data: bytes, *, mtime_ns: int | None = None) -> None:
    """Replace a file so that any reader, and any crash, finds the old bytes or the new.

    When this returns the new bytes survive a loss of power. A failed fsync is never retried:
    the kernel may have dropped the bytes and call the next one a success.

    Args:
        path: The file; its folder exists.
        data: All of its bytes.
        mtime_ns: Modification time to give the file, in nanoseconds; the present by default.

    Raises:
        UnsyncedError: The file was replaced, but that may not survive a loss of power.
        OSError: Nothing was replaced.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    try:
        with open(temporary, "xb", opener=_open_plain) as file:
            file.write(data)
            file.flush()
            if mtime_ns is not None:
                os.utime(file.fileno(), ns=(mtime_ns, mtime_ns))
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    sync_change(path.parent)


def remove_durably(path: Path) -> None:
    """Remove a file; fine when there is none.

    Raises:
        UnsyncedError: It is gone, but may come back after a loss of power.
        OSError: It is still there.
    """
    path.unlink(missing_ok=True)
    sync_change(path.parent)


def sync_change(directory: Path) -> None:
    """Make durable what has just been changed among the names in a folder.

    Raises:
        UnsyncedError: It may not survive a loss of power.
    """
    try:
        sync_directory(directory)
    except OSError as error:
        raise UnsyncedError(error.errno, error.strerror) from error


def append_durably(path: Path, data: bytes, *, at: int) -> None:
    """Add bytes to the end of a file; when that fails the file is cut back.

    A crash in the middle can leave some of the bytes, so they need a mark at their end.

    Args:
        path: An existing file.
        data: The bytes to add.
        at: How long the file is, in bytes.

    Raises:
        OSError: The bytes may not survive a loss of power.
    """
    with open(path, "ab", buffering=0, opener=_open_plain) as file:
        try:
            written = 0
            while written < len(data):  # a nearly full disk takes a part, then refuses the rest
                written += file.write(data[written:])
            os.fsync(file.fileno())
        except BaseException:
            with suppress(OSError):
                os.ftruncate(file.fileno(), at)
            raise


def sync_directory(directory: Path) -> None:
    """Make the names in a folder durable.

    Raises:
        OSError: They may not survive a loss of power.
    """
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def ensure_directory(directory: Path) -> None:
    """Make a folder for this user alone, with its parents, durably; fine when it is there.

    Raises:
        OSError: It could not be made.
    """
    if directory.is_dir():
        return
    ensure_directory(directory.parent)
    with suppress(FileExistsError):
        directory.mkdir(mode=0o700)
    sync_directory(directory.parent)


def read_regular(path: Path, max_bytes: int) -> tuple[bytes, os.stat_result]:
    """Read a plain file without following a link and without waiting on a pipe.

    Returns:
        The bytes, and the status of the very file they came from.

    Raises:
        FileNotFoundError: There is nothing.
        UnfitFileError: There is something else than a plain file of at most ``max_bytes``.
        OSError: It could not be read.
    """
    try:
        with open(path, "rb", opener=_open_plain) as file:
            status = os.fstat(file.fileno())
            is_plain = stat.S_ISREG(status.st_mode)
            data = file.read(max_bytes + 1) if is_plain else b""
    except OSError as error:
        if error.errno in _NOT_A_FILE:
            raise UnfitFileError("is not a plain file") from error
        raise
    if not is_plain:
        raise UnfitFileError("is not a plain file")
    if len(data) > max_bytes:
        raise UnfitFileError(f"is larger than {max_bytes} bytes")
    return data, status


def _open_plain(path: str, flags: int) -> int:
    """Open without following a link or waiting on a pipe; a new file is for this user alone."""
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock file at ``path``: one holder among all threads and processes.

    Each call opens a descriptor of its own, so a thread that holds the lock and asks again
    waits for itself. The lock ends with the process, however that ends. What stands there and is
    no file, and so can be nobody's lock, is set aside.

    Raises:
        OSError: The lock file could not be opened.
    """
    while True:
        descriptor = _open_lock(path)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            # Whoever waited on a lock file that was meanwhile removed holds nothing.
            if _is_same_file(descriptor, path):
                yield
                return
        finally:
            os.close(descriptor)


def _open_lock(path: Path) -> int:
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
    try:
        return _open_plain(str(path), flags)
    except OSError as error:
        if error.errno not in _NOT_A_FILE:
            raise
    _clear(path)
    return _open_plain(str(path), flags)


def _clear(path: Path) -> None:
    """Set aside what is no file, one process at a time: a file there by now is somebody's lock."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        with suppress(FileNotFoundError):
            if not stat.S_ISREG(path.lstat().st_mode):
                set_aside(path, path.parent / QUARANTINE_NAME, "is no lock file")
    finally:
        os.close(folder)


def _is_same_file(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.lstat())
    except FileNotFoundError:
        return False


def set_aside(path: Path, quarantine: Path, why: str) -> Path:
    """Move something that cannot be used out of the way, bytes kept, and log one line.

    Args:
        path: A file, link or folder.
        quarantine: Folder on the same file system to keep it in.
        why: What is wrong with it.

    Returns:
        Where it is kept.

    Raises:
        OSError: It could not be moved.
    """
    ensure_directory(quarantine)
    kept = quarantine / f"{path.name[:40]}.{time.time_ns()}.{secrets.token_hex(4)}"
    path.rename(kept)
    sync_directory(path.parent)
    sync_directory(quarantine)
    _log.warning("set aside %r: %s; kept as %r", str(path), why, str(kept))
    return kept
