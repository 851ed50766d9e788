"""The index file: small ones are replaced, large ones grow, and any damage is noticed."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

import msgspec
import pytest

from dashgen.canvas_schema import Visibility
from dashgen.ids import CanvasId
from dashgen.storage import index_file
from dashgen.storage.atomic_file import UnfitFileError
from dashgen.storage.index_file import IndexFile
from dashgen.storage.published_index import IndexChange, IndexEntry, PublishedIndex

if TYPE_CHECKING:
    from pathlib import Path


def entry(number: int, **fields: object) -> IndexEntry:
    plain = IndexEntry(
        id=CanvasId(f"cnv_{number:012x}"),
        owner_id=f"usr_{number}",
        slot_index=0,
        visibility=Visibility.public,
        published_at=float(number),
    )
    return msgspec.structs.replace(plain, **fields)


def enter(*numbers: int) -> IndexChange:
    return IndexChange(enter=[entry(number) for number in numbers])


def leave(*numbers: int) -> IndexChange:
    return IndexChange(leave=[entry(number).id for number in numbers])


def numbers_in(index: PublishedIndex) -> list[int]:
    return sorted(int(one.id[4:], 16) for one in index)


@pytest.fixture
def file(tmp_path: Path) -> IndexFile:
    return IndexFile(tmp_path / "_index.json")


@pytest.fixture
def growing(file: IndexFile, monkeypatch: pytest.MonkeyPatch) -> IndexFile:
    """An index file of four canvases that takes lines, as a large one does."""
    monkeypatch.setattr(index_file, "ALWAYS_REPLACED_BYTES", 0)
    file.apply(enter(0, 1, 2, 3))
    return file


def test_no_file_is_an_empty_index(file: IndexFile) -> None:
    assert 0 == len(file.read())
    assert "none" == file.revision()


def test_a_small_index_is_one_plain_json_document(file: IndexFile) -> None:
    file.apply(enter(1))
    file.apply(enter(2))
    file.apply(leave(1))
    document = msgspec.json.decode(file.path.read_bytes())
    assert {
        "version": 1,
        "published": [
            {
                "id": "cnv_000000000002",
                "owner_id": "usr_2",
                "slot_index": 0,
                "visibility": "public",
                "published_at": 2.0,
            }
        ],
    } == document


def test_a_large_index_takes_a_line_a_change(growing: IndexFile) -> None:
    inode = growing.path.stat().st_ino
    growing.apply(enter(4))
    growing.apply(leave(0))
    first, second, third = growing.path.read_bytes().splitlines()
    assert first.startswith(b'{"version":1,"published":[')
    assert msgspec.json.decode(second, type=IndexChange) == enter(4)
    assert msgspec.json.decode(third, type=IndexChange) == leave(0)
    assert inode == growing.path.stat().st_ino
    assert [1, 2, 3, 4] == numbers_in(growing.read())
    assert [1, 2, 3, 4] == numbers_in(IndexFile(growing.path).read())


def test_many_lines_become_one_again(growing: IndexFile) -> None:
    lengths = set()
    for number in range(4, 40):
        growing.apply(enter(number))
        lengths.add(len(growing.path.read_bytes().splitlines()))
    assert 1 in lengths
    assert max(lengths) > 2
    assert list(range(40)) == numbers_in(IndexFile(growing.path).read())


def test_what_another_process_changes_is_seen(growing: IndexFile) -> None:
    other = IndexFile(growing.path)
    revisions = {growing.revision()}
    for number in range(4, 20):
        writer, reader = (growing, other) if number % 2 else (other, growing)
        writer.apply(enter(number))
        revisions.add(reader.revision())
        assert numbers_in(reader.read()) == list(range(number + 1))
    assert 17 == len(revisions)


def test_every_change_is_another_revision_even_in_the_same_instant(
    file: IndexFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.time_ns", lambda: 10**18)
    revisions = []
    for turn in range(8):
        file.apply(leave(1) if turn % 2 else enter(1))
        revisions.append(file.revision())
    assert 8 == len(set(revisions))


def test_every_file_is_later_than_the_one_before_where_time_is_kept_in_seconds(
    file: IndexFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_times, second = os.utime, 1_000_000_000
    monkeypatch.setattr(
        os, "utime", lambda path, ns: set_times(path, ns=tuple(n - n % second for n in ns))
    )
    times = []
    for number in range(4):
        file.apply(enter(number))
        times.append(file.path.stat().st_mtime_ns)
    assert sorted(set(times)) == times


def test_a_copy_made_of_links_stays_as_it_was(growing: IndexFile, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy.hardlink_to(growing.path)
    before = copy.read_bytes()
    growing.apply(enter(4))
    assert before == copy.read_bytes()
    assert [0, 1, 2, 3, 4] == numbers_in(growing.read())
    inode = growing.path.stat().st_ino
    growing.apply(enter(5))
    assert inode == growing.path.stat().st_ino


def test_a_loose_end_does_not_count_and_is_replaced(growing: IndexFile) -> None:
    growing.apply(enter(4))
    whole = growing.path.read_bytes()
    for cut in range(1, len(whole.splitlines(keepends=True)[1])):
        growing.path.write_bytes(whole[:-cut])
        assert [0, 1, 2, 3] == numbers_in(IndexFile(growing.path).read())
    fresh = IndexFile(growing.path)
    fresh.apply(enter(5))
    assert 1 == len(growing.path.read_bytes().splitlines())
    assert [0, 1, 2, 3, 5] == numbers_in(fresh.read()) == numbers_in(growing.read())


def test_a_removed_file_is_an_empty_index_at_once(growing: IndexFile) -> None:
    growing.path.unlink()
    assert 0 == len(growing.read())
    growing.apply(enter(7))
    assert [7] == numbers_in(IndexFile(growing.path).read())


def test_a_person_may_lay_the_file_out(file: IndexFile) -> None:
    file.apply(enter(1, 2))
    file.path.write_bytes(msgspec.json.format(file.path.read_bytes(), indent=2))
    assert [1, 2] == numbers_in(file.read())
    file.apply(enter(3))
    assert [1, 2, 3] == numbers_in(IndexFile(file.path).read())


def a_line(change: IndexChange) -> bytes:
    return msgspec.json.encode(change) + b"\n"


@pytest.mark.parametrize(
    "added",
    [
        b"\n",
        b"{\n",
        b"null\n",
        b'{"leave":["cnv_00000000000f"]}\n',
        a_line(enter(3)),
        a_line(enter(9)).replace(b'"public"', b'"secret"'),
        a_line(enter(9)).replace(b'"slot_index":0', b'"slot_index":0,"slot_index":1'),
        a_line(enter(9)).replace(b'"visibility"', b'"visibility":"private","visibility"'),
        a_line(enter(9))[:-9] + b"\n" + a_line(enter(8)),
    ],
)
def test_a_bad_line_spoils_the_whole_index(growing: IndexFile, added: bytes) -> None:
    with growing.path.open("ab") as stream:
        stream.write(added)
    for reader in (growing, IndexFile(growing.path)):
        with pytest.raises(UnfitFileError):
            reader.read()
        with pytest.raises(UnfitFileError):
            reader.apply(enter(11))


SOUND = msgspec.json.encode(entry(1))


def index_of(entries: bytes) -> bytes:
    return b'{"version":1,"published":[' + entries + b"]}\n"


def test_the_sound_one_of_the_unfit_ones_below_is_read(file: IndexFile) -> None:
    for data in (index_of(SOUND), index_of(SOUND)[:-1]):
        file.path.write_bytes(data)
        assert [1] == numbers_in(file.reread())


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"[]",
        b"\x00\xff",
        b'{"version":2,"published":[]}\n',
        b'{"version":1,"published":{}}\n',
        b'{"version":1,"version":1,"published":[]}\n',
        b'{"version":1,"published":[' + b"[" * 100_000,
        b'{"version":1,"published":[{"id":"cnv_000000000001"}]}\n',
        index_of(SOUND)[:-1].replace(b"cnv_", b"../_"),
        index_of(SOUND)[:-1].replace(b'"visibility"', b'"visibility":"private","visibility"'),
        index_of(SOUND + b"," + SOUND),
    ],
)
def test_what_is_no_index_is_unfit(file: IndexFile, data: bytes) -> None:
    file.path.write_bytes(data)
    with pytest.raises(UnfitFileError):
        file.read()


def test_truncated_anywhere_a_small_index_is_unfit(file: IndexFile) -> None:
    file.apply(enter(1, 2, 3))
    whole = file.path.read_bytes()
    for length in range(len(whole) - 1):
        file.path.write_bytes(whole[:length])
        with pytest.raises(UnfitFileError):
            file.reread()


def test_an_edit_in_place_is_noticed_though_the_file_only_grew(growing: IndexFile) -> None:
    growing.apply(enter(4))
    growing.read()
    edited = growing.path.read_bytes().replace(entry(4).id.encode(), entry(5).id.encode())
    with growing.path.open("r+b") as stream:
        stream.write(edited.replace(b'"usr_4"', b'"usr_5"') + a_line(enter(6)))
    assert [0, 1, 2, 3, 5, 6] == numbers_in(growing.read())


def test_another_file_in_the_same_place_of_the_disk_is_not_taken_for_the_one_before(
    file: IndexFile,
) -> None:
    """It has the inode of the one before, is as long, and ends alike, as after a swap of two canvases and back."""
    then, now = (
        msgspec.json.encode({"version": 1, "published": [entry(each) for each in numbers]}) + b"\n"
        for numbers in ((2, 5, 6, 7), (3, 5, 6, 7))
    )
    assert (len(now), now[-256:]) == (len(then), then[-256:])
    file.path.write_bytes(then)
    assert [2, 5, 6, 7] == numbers_in(file.read())
    inode = file.path.stat().st_ino

    file.path.write_bytes(now)

    assert inode == file.path.stat().st_ino
    assert [3, 5, 6, 7] == numbers_in(file.read())


def test_a_failed_append_leaves_the_state_before(
    growing: IndexFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    growing.apply(enter(4))
    before = growing.path.read_bytes()

    def fail(_: int) -> None:
        raise OSError(errno.EIO, "input/output error")

    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", fail)
        with pytest.raises(OSError, match="input/output"):
            growing.apply(enter(5))
    assert before == growing.path.read_bytes()
    assert [0, 1, 2, 3, 4] == numbers_in(growing.read())
    growing.apply(enter(6))
    assert [0, 1, 2, 3, 4, 6] == numbers_in(IndexFile(growing.path).read())


def test_a_change_that_does_not_fit_changes_nothing(growing: IndexFile) -> None:
    before = growing.path.read_bytes()
    with pytest.raises(ValueError, match="not there"):
        growing.apply(leave(9))
    assert before == growing.path.read_bytes()
