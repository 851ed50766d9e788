"""The file of the index, ``_index.json``: replaced as a whole, and appended to once it is large.

The first line is the whole index at one time, ``{"version": 1, "published": [...]}``. While that is
small, every change replaces the file. Once it is large a change is one more line, so that a
publish costs the same however many canvases there are; now and then the file is replaced, and is
one line again. A last line without its end was never acknowledged and does not count.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Literal, TypeVar
from zlib import crc32

import msgspec

from dashgen.decoding import decode
from dashgen.storage.atomic_file import (
    UnfitFileError,
    append_durably,
    read_regular,
    write_atomically,
)
from dashgen.storage.published_index import IndexChange, IndexEntry, PublishedIndex
from dashgen.strict_json import decode_strictly

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES = 256 * 1024 * 1024
# Up to this size replacing the file costs about as much as appending to it.
ALWAYS_REPLACED_BYTES = 16 * 1024
_TAIL_BYTES = 256
_SECOND_NS = 1_000_000_000

_NOTHING = PublishedIndex.of(())
_T = TypeVar("_T")
_Signature = tuple[int, int, int]


class _FirstLine(msgspec.Struct):
    version: Literal[1]
    published: list[IndexEntry]


class _Known(msgspec.Struct, frozen=True):
    """What this process saw of the file at one time.

    Attributes:
        signature: what the file looked like from outside.
        index: what it says.
        first_end: where its first line ends, in bytes.
        first_sum: the checksum of that line. Inodes are used again, and the end of another file may be the same.
        end: where its last whole line ends.
        tail: the last bytes before that end.
    """

    signature: _Signature
    index: PublishedIndex
    first_end: int
    first_sum: int
    end: int
    tail: bytes

    @property
    def can_take_a_line(self) -> bool:
        """Whether one more line is cheaper than a new file, and nothing loose stands before it."""
        is_large = self.first_end > ALWAYS_REPLACED_BYTES
        has_few_lines = self.end < 2 * self.first_end
        return is_large and has_few_lines and self.signature[2] == self.end


class IndexFile:
    """Reads and changes the index file. Whoever changes it holds the lock of the root."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._known: _Known | None = None

    def read(self) -> PublishedIndex:
        """The index as it is now; the file is read again only when it is not as it was.

        Raises:
            UnfitFileError: there is something that is not an index.
            OSError: it could not be read.
        """
        known = self._current()
        return _NOTHING if known is None else known.index

    def reread(self) -> PublishedIndex:
        """The index, from its bytes whatever is known of them; raises as ``read`` does."""
        self._known = None
        return self.read()

    def apply(self, change: IndexChange) -> None:
        """Make one change durable: afterwards the file says all of it, or none of it.

        Raises:
            ValueError: the change does not fit the index.
            UnfitFileError: there is something that is not an index.
            OSError: it could not be stored.
        """
        known = self._current()
        if known is not None and known.can_take_a_line and self._is_alone():
            line = msgspec.json.encode(change) + b"\n"
            index = known.index.after(change)
            append_durably(self.path, line, at=known.end)
            first_end, first_sum = known.first_end, known.first_sum
            end, tail = known.end + len(line), line
        else:
            index = (_NOTHING if known is None else known.index).after(change)
            tail = _encoded(index)
            write_atomically(self.path, tail, mtime_ns=self._later_mtime_ns())
            first_end = end = len(tail)
            first_sum = crc32(tail)
        signature = _signature(self.path.lstat())
        self._known = _Known(signature, index, first_end, first_sum, end, tail[-_TAIL_BYTES:])

    def revision(self) -> str:
        """A text that is another one after every change, whichever process made it."""
        try:
            inode, changed, size = _signature(os.lstat(self.path))
        except FileNotFoundError:
            return "none"
        return f"{inode:x}-{changed:x}-{size:x}"

    def _current(self) -> _Known | None:
        known = self._known
        try:
            if known is None or known.signature != _signature(self.path.lstat()):
                known = self._known = self._load(known)
        except FileNotFoundError:
            known = self._known = None
        return known

    def _load(self, known: _Known | None) -> _Known:
        data, status = read_regular(self.path, MAX_BYTES)
        try:
            continued = None if known is None else _continued(known, data, status)
            return continued or _decoded(data, status)
        except (ValueError, RecursionError) as error:
            raise UnfitFileError(f"is not an index: {error}") from error

    def _is_alone(self) -> bool:
        """Whether no copy that is made of links has the same bytes, and would get the line, too."""
        return self.path.lstat().st_nlink == 1

    def _later_mtime_ns(self) -> int:
        """A time later than the file's own.

        Inodes are used again and clocks tick slowly or go back, so without this two states of
        the index could look the same from outside.
        """
        try:
            before = self.path.lstat().st_mtime_ns
        except FileNotFoundError:
            return time.time_ns()
        # Some file systems keep whole seconds.
        return max(time.time_ns(), before + (1 if before % _SECOND_NS else _SECOND_NS))


def _encoded(index: PublishedIndex) -> bytes:
    return msgspec.json.encode(_FirstLine(version=1, published=list(index))) + b"\n"


def _decoded(data: bytes, status: os.stat_result) -> _Known:
    first_end = data.find(b"\n") + 1
    try:
        first = _canonical(data[:first_end], _FirstLine)
    except ValueError:
        # Not as this module writes it; a person's edit may be spread over many lines.
        first, first_end = decode_strictly(data, _FirstLine), len(data)
    changes, end = _changes(data, first_end)
    index = PublishedIndex.of(first.published)
    if changes:
        index = index.after(*changes)
    first_sum = crc32(memoryview(data)[:first_end])
    return _Known(_signature(status), index, first_end, first_sum, end, data[:end][-_TAIL_BYTES:])


def _continued(known: _Known, data: bytes, status: os.stat_result) -> _Known | None:
    """What was known and the lines since, when the file only grew; it saves a long reading."""
    start = known.end - len(known.tail)
    if known.signature[0] != status.st_ino or data[start : known.end] != known.tail:
        return None
    if crc32(memoryview(data)[: known.first_end]) != known.first_sum:
        return None
    try:
        changes, end = _changes(data, known.end)
        index = known.index.after(*changes)
    except (ValueError, RecursionError):
        return None
    tail = data[:end][-_TAIL_BYTES:]
    return _Known(_signature(status), index, known.first_end, known.first_sum, end, tail)


def _changes(data: bytes, start: int) -> tuple[list[IndexChange], int]:
    """The changes from a place on, and where the last whole line ends."""
    end = data.rfind(b"\n", start) + 1 or start
    lines = data[start:end].splitlines(keepends=True)
    return [_canonical(line, IndexChange) for line in lines], end


def _canonical(line: bytes, shape: type[_T]) -> _T:
    """Decodes a line that this module wrote: byte for byte, so that no key stands there twice."""
    value = decode(line, shape)
    if msgspec.json.encode(value) + b"\n" != line:
        raise ValueError("has a line that was not written by this program")
    return value


def _signature(status: os.stat_result) -> _Signature:
    return (status.st_ino, status.st_mtime_ns, status.st_size)
