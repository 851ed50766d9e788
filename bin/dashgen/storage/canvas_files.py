"""The files that hold what canvases say: one a canvas, in a folder for each owner."""

from __future__ import annotations

import logging
import os
import stat
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import msgspec

from dashgen.canvas_schema import SCHEMA_VERSION, CanvasContent
from dashgen.decoding import decode
from dashgen.errors import SchemaError
from dashgen.ids import CanvasId, is_user_id, parse_canvas_id
from dashgen.storage.atomic_file import (
    QUARANTINE_NAME,
    UnfitFileError,
    ensure_directory,
    locked,
    read_regular,
    remove_durably,
    set_aside,
    write_atomically,
)
from dashgen.store_protocol import SetAside

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_CANVAS_BYTES = 1024 * 1024
INDEX_NAME = "_index.json"
LOCK_NAME = ".lock"
NOTE_NAME = "_deleting.json"

_log = logging.getLogger(__name__)


class StoredContent(CanvasContent, kw_only=True):
    """The file of a canvas.

    Attributes:
        edition: how often the content was written; what is published names its edition.
    """

    edition: int = 1


class RootLock:
    """The one lock of a root of canvases, for whoever changes anything under it.

    A thread that holds it may take it again.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._thread = threading.local()

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Wait for the lock and hold it.

        Raises:
            OSError: the lock file cannot be opened.
        """
        if getattr(self._thread, "holds", False):
            yield
            return
        ensure_directory(self._path.parent)
        with locked(self._path):
            self._thread.holds = True
            try:
                yield
            finally:
                self._thread.holds = False


class CanvasFiles:
    """Reads, writes and looks after the content files under one root.

    A file that cannot be read as its canvas is set aside when it is met, and then is absent.
    Links are not followed: a folder or file that is one counts as broken.
    """

    def __init__(self, directory: Path, lock: RootLock) -> None:
        self._directory = directory
        self._lock = lock

    def read(self, owner_id: str, canvas_id: CanvasId) -> StoredContent | None:
        """The content of a canvas, or None when there is none that can be read."""
        try:
            return self._load(owner_id, canvas_id)
        except FileNotFoundError:
            return None
        except UnfitFileError:
            self._set_aside_if_broken(owner_id, canvas_id)
            return None

    def exists(self, owner_id: str, canvas_id: CanvasId) -> bool:
        """Whether there is a file for the canvas, good or not."""
        return os.path.lexists(self._path(owner_id, canvas_id))

    def of_owner(self, owner_id: str) -> list[StoredContent]:
        """Everything that one owner made, in no order."""
        if not self._is_folder(self._directory / owner_id):
            return []
        names = os.listdir(self._directory / owner_id)  # noqa: PTH208 - names are all it takes
        ids = [canvas_id for name in names if (canvas_id := _id_in_name(name))]
        found = [self.read(owner_id, canvas_id) for canvas_id in ids]
        return [content for content in found if content is not None]

    def owners(self) -> Iterator[str]:
        """Everybody who has a folder, in order."""
        if self._is_folder(self._directory):
            names = sorted(os.listdir(self._directory))  # noqa: PTH208 - names are all it takes
            yield from (name for name in names if is_user_id(name))

    def unreadable(self) -> Iterator[str]:
        """Name what stands where canvases should and cannot be read; nothing is moved."""
        if os.path.lexists(self._directory) and not self._is_folder(self._directory):
            yield self._directory.name
        for owner_id in self.owners():
            folder = self._directory / owner_id
            if not self._is_folder(folder):
                yield owner_id
                continue
            for canvas_id in filter(None, map(_id_in_name, sorted(os.listdir(folder)))):  # noqa: PTH208 - many names
                try:
                    self._load(owner_id, canvas_id)
                except UnfitFileError:
                    yield canvas_id
                except FileNotFoundError:
                    continue  # it was deleted meanwhile

    def write(self, content: StoredContent) -> None:
        """Store the content durably. The caller holds the lock.

        Raises:
            SchemaError: it is larger than a canvas may be.
            UnsyncedError: it was stored, but may not survive a loss of power.
            OSError: it could not be stored, and what was there before is still there.
        """
        data = msgspec.json.encode(content)
        if len(data) > MAX_CANVAS_BYTES:
            raise SchemaError("room_state", f"takes more than {MAX_CANVAS_BYTES} bytes")
        folder = self._directory / content.owner_id
        if os.path.lexists(folder) and not self._is_folder(folder):
            self.set_aside(folder, "is not a folder")
        ensure_directory(folder)
        write_atomically(self._path(content.owner_id, content.id), data)

    def remove(self, owner_id: str, canvas_id: CanvasId) -> None:
        """Remove the file durably. The caller holds the lock.

        Raises:
            UnsyncedError: it is gone, but may come back after a loss of power.
            OSError: it is still there.
        """
        remove_durably(self._path(owner_id, canvas_id))

    def set_aside(self, path: Path, why: str) -> SetAside:
        """Move something under the root away, bytes kept. The caller holds the lock.

        Raises:
            OSError: it could not be moved.
        """
        kept = set_aside(path, self._directory / QUARANTINE_NAME, why)
        root = self._directory.parent
        return SetAside(
            path=str(path.relative_to(root)), kept_as=str(kept.relative_to(root)), why=why
        )

    def sweep(self) -> list[SetAside]:
        """Set aside whatever under the root is broken or foreign, the index left out.

        The lock is let go between folders, so that writers wait for one folder at most.
        """
        with self._lock.hold():
            strange = [path for path in self._directory.iterdir() if not self._belongs(path)]
            found = [self.set_aside(path, "is foreign") for path in sorted(strange)]
        for folder in sorted(self._directory.iterdir()):
            if is_user_id(folder.name):
                found.extend(self._sweep_owner(folder))
        return found

    def _sweep_owner(self, folder: Path) -> Iterator[SetAside]:
        with self._lock.hold():
            for path in sorted(folder.iterdir()):
                canvas_id = _id_in_name(path.name)
                if canvas_id is None:
                    yield self.set_aside(path, "is foreign")
                elif broken := self._set_aside_if_broken(folder.name, canvas_id):
                    yield broken

    def _belongs(self, path: Path) -> bool:
        if path.name in {INDEX_NAME, LOCK_NAME, NOTE_NAME}:
            return True
        return self._is_folder(path) and (path.name == QUARANTINE_NAME or is_user_id(path.name))

    def _set_aside_if_broken(self, owner_id: str, canvas_id: CanvasId) -> SetAside | None:
        """Look again under the lock, where no one can be in the middle of a repair."""
        try:
            with self._lock.hold():
                return self._judge(owner_id, canvas_id)
        except OSError as error:
            _log.error("broken canvas %s stays in place: %r", canvas_id, str(error))
            return None

    def _judge(self, owner_id: str, canvas_id: CanvasId) -> SetAside | None:
        try:
            self._load(owner_id, canvas_id)
        except FileNotFoundError:
            return None
        except UnfitFileError as error:
            return self.set_aside(self._path(owner_id, canvas_id), str(error))
        return None

    def _load(self, owner_id: str, canvas_id: CanvasId) -> StoredContent:
        """Read one file; raises FileNotFoundError, UnfitFileError or OSError."""
        folder = self._directory / owner_id
        if not self._is_folder(folder):
            raise FileNotFoundError(owner_id)
        try:
            data, _ = read_regular(folder / f"{canvas_id}.json", MAX_CANVAS_BYTES)
            content = decode(data, StoredContent)
        except (ValueError, RecursionError) as error:
            raise UnfitFileError(str(error)) from error
        if (content.id, content.owner_id) != (canvas_id, owner_id):
            raise UnfitFileError("holds another canvas")
        if content.schema_version != SCHEMA_VERSION:
            raise UnfitFileError("has a schema version that this program does not know")
        return content

    def _path(self, owner_id: str, canvas_id: CanvasId) -> Path:
        return self._directory / owner_id / f"{canvas_id}.json"

    @staticmethod
    def _is_folder(path: Path) -> bool:
        """Whether it is a folder itself, and not a link to one."""
        try:
            return stat.S_ISDIR(path.lstat().st_mode)
        except FileNotFoundError:
            return False


def _id_in_name(name: str) -> CanvasId | None:
    return parse_canvas_id(name.removesuffix(".json")) if name.endswith(".json") else None
