"""The gate's file: read without the benefit of the doubt, and always in the old state or the new."""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import json
import multiprocessing
import os
import shutil
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from runbook.atomic import write_atomically
from runbook.gate import file as gate_file
from runbook.gate.file import CLOCK_SKEW_S, MAX_BYTES, GateChanged, GateFile, Position

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = 1_800_000_000.0
FACTS = {"build": "b" * 64, "commit": "c" * 40, "tree": "d" * 40, "proof": {"rows": 2}}


@pytest.fixture
def gate(tmp_path: Path) -> GateFile:
    return GateFile(tmp_path / "orch" / "gate.json")


def opened(gate: GateFile, **facts: Any) -> GateFile:
    gate.open({**FACTS, **facts}, by="ada", now=NOW, since=gate.read(NOW))
    return gate


def keys(gate: GateFile) -> list[Path]:
    return list(gate.path.parent.glob("*.key"))


def test_it_says_what_it_was_opened_for_and_by_whom(gate: GateFile) -> None:
    state = opened(gate).read(NOW)

    assert (Position.OPEN, "ada", NOW) == (state.position, state.by, state.at)
    assert FACTS == {name: state.record[name] for name in FACTS}
    assert f"opened for commit {'c' * 40}" == state.why


def test_it_says_who_closed_it_and_why(gate: GateFile) -> None:
    opened(gate).close("the smoke is red", by="bot", now=NOW + 1)

    state = gate.read(NOW + 2)
    assert (Position.CLOSED, "the smoke is red", "bot", NOW + 1) == (
        *(state.position, state.why),
        *(state.by, state.at),
    )


def test_the_history_keeps_every_change(gate: GateFile) -> None:
    opened(gate).close("red", by="bot", now=NOW + 1)
    opened(gate)

    lines = [json.loads(line) for line in gate.history.read_bytes().splitlines()]
    assert ["open", "closed", "open"] == [line["state"] for line in lines]
    assert ["ada", "bot", "ada"] == [line["by"] for line in lines]


def test_nobody_else_can_read_it(gate: GateFile) -> None:
    for file in opened(gate).path.parent.iterdir():
        assert 0 == file.stat().st_mode & 0o077, file.name


def rewrite(**fields: object) -> Callable[[GateFile], object]:
    def forge(gate: GateFile) -> None:
        record = json.loads(gate.path.read_bytes()) | fields
        gate.path.write_text(json.dumps(record), encoding="utf-8")

    return forge


def sign_anew(**fields: object) -> Callable[[GateFile], object]:
    """Sign what is changed as docs/architecture/gate.md has it, so that the signature is no doubt."""

    def forge(gate: GateFile) -> None:
        record = json.loads(gate.path.read_bytes()) | fields
        del record["mac"]
        text = json.dumps(record, sort_keys=True, separators=(",", ":")).encode()
        record["mac"] = hmac.new(keys(gate)[0].read_bytes(), text, hashlib.sha256).hexdigest()
        gate.path.write_text(json.dumps(record), encoding="utf-8")

    return forge


def rename_key(gate: GateFile) -> None:
    """Give the key a longer name, by which the record, too, knows it."""
    longer = keys(gate)[0].rename(keys(gate)[0].with_name("gate-0123456789abcdef0.key"))
    sign_anew(key="0123456789abcdef0", key_ctime_ns=longer.stat().st_ctime_ns)(gate)


def say_twice(gate: GateFile) -> None:
    said = gate.path.read_bytes()
    gate.path.write_bytes(said.replace(b'"by": "ada"', b'"by": "ada", "by": "ada"'))


def fill_up(gate: GateFile) -> None:
    gate.path.write_bytes(gate.path.read_bytes().ljust(MAX_BYTES + 1))


def close_with_more(gate: GateFile) -> None:
    gate.close("red", by="bot", now=NOW)
    rewrite(force=True)(gate)


def replace_by(data: bytes) -> Callable[[GateFile], object]:
    return lambda gate: gate.path.write_bytes(data)


def link(gate: GateFile) -> None:
    gate.path.rename(gate.path.with_name("elsewhere.json"))
    gate.path.symlink_to("elsewhere.json")


def pipe(gate: GateFile) -> None:
    gate.path.unlink()
    os.mkfifo(gate.path)


def lose_key(gate: GateFile) -> None:
    keys(gate)[0].unlink()


def folder(gate: GateFile) -> None:
    gate.path.unlink()
    gate.path.mkdir()


def other_key(gate: GateFile) -> None:
    keys(gate)[0].write_bytes(b"0" * 64)


def linked_key(gate: GateFile) -> None:
    (key,) = keys(gate)
    key.rename(key.with_name("elsewhere"))
    key.symlink_to("elsewhere")


DOUBTS: dict[str, Callable[[GateFile], object]] = {
    "empty": replace_by(b""),
    "binary": replace_by(b"\xff\xfe"),
    "a list": replace_by(b"[]"),
    "text": replace_by(b'"open"'),
    "deep": replace_by(b"[" * 100_000),
    "NaN": replace_by(b'{"version": 2, "state": "closed", "closed_at": NaN}'),
    "a key twice": say_twice,
    "too big": fill_up,
    "truncated": lambda gate: gate.path.write_bytes(gate.path.read_bytes()[:-9]),
    "another version": sign_anew(version=1),
    "another build": rewrite(build="e" * 64),
    "another commit": rewrite(commit="e" * 40),
    "a build that is none": sign_anew(build=None),
    "a proof": rewrite(proof={}),
    "no signature": rewrite(mac=""),
    "a path for a key": sign_anew(key="../../etc/passwd"),
    "a longer name for a key": rename_key,
    "an unknown state": sign_anew(state="ajar"),
    "an unknown field": sign_anew(force=True),
    "an unknown field of a closed one": close_with_more,
    "a link": link,
    "a pipe": pipe,
    "a folder": folder,
    "no key": lose_key,
    "another key": other_key,
    "a linked key": linked_key,
}


@pytest.mark.parametrize("doubt", DOUBTS.values(), ids=DOUBTS.keys())
def test_whatever_cannot_be_believed_is_in_doubt(
    gate: GateFile, doubt: Callable[[GateFile], object]
) -> None:
    doubt(opened(gate))

    state = gate.read(NOW)
    assert Position.DOUBT is state.position
    assert state.why


def test_what_is_only_signed_anew_is_believed(gate: GateFile) -> None:
    sign_anew(commit="e" * 40)(opened(gate))

    assert Position.OPEN is gate.read(NOW).position


def test_the_future_is_in_doubt(gate: GateFile) -> None:
    assert Position.OPEN is opened(gate).read(NOW - CLOCK_SKEW_S).position
    assert Position.DOUBT is gate.read(NOW - CLOCK_SKEW_S - 1).position


def test_a_copy_of_an_open_gate_opens_nothing_later(gate: GateFile) -> None:
    kept = opened(gate).path.read_bytes()
    gate.close("red", by="bot", now=NOW)

    gate.path.write_bytes(kept)

    assert Position.DOUBT is gate.read(NOW).position
    assert gate.read(NOW).may_be_open


def test_a_folder_that_is_put_back_with_its_key_opens_nothing(gate: GateFile) -> None:
    """A copy preserves the bytes, the modes and the times of files, but not when an inode was changed."""
    folder = opened(gate).path.parent
    kept = shutil.copytree(folder, folder.with_name("kept"))
    gate.close("red", by="bot", now=NOW)

    shutil.copytree(kept, folder, dirs_exist_ok=True)

    assert 1 == len(keys(gate))
    state = gate.read(NOW)
    assert (Position.DOUBT, True) == (state.position, "put there later" in state.why)


def test_opening_again_ends_what_was_open_before(gate: GateFile) -> None:
    before = opened(gate).path.read_bytes()
    opened(gate, commit="e" * 40)

    assert 1 == len(keys(gate))
    gate.path.write_bytes(before)
    assert Position.DOUBT is gate.read(NOW).position


def test_it_is_not_opened_over_a_change(gate: GateFile) -> None:
    since = gate.read(NOW)
    gate.close("not today", by="ada", now=NOW)

    with pytest.raises(GateChanged) as changed:
        gate.open(FACTS, by="bot", now=NOW, since=since)

    assert "not today" == changed.value.state.why
    assert Position.CLOSED is gate.read(NOW).position
    assert [] == keys(gate)


def test_it_is_not_opened_over_another_closure(gate: GateFile) -> None:
    gate.close("red", by="bot", now=NOW)
    since = gate.read(NOW)
    gate.close("not today", by="ada", now=NOW)

    with pytest.raises(GateChanged):
        gate.open(FACTS, by="bot", now=NOW, since=since)

    assert "not today" == gate.read(NOW).why


def test_whoever_changes_it_waits_for_whoever_does(gate: GateFile) -> None:
    gate.path.parent.mkdir()
    lock = os.open(gate.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT)
    fcntl.flock(lock, fcntl.LOCK_EX)
    closing = threading.Thread(target=gate.close, args=["red"], kwargs={"by": "bot", "now": NOW})
    closing.start()

    closing.join(0.3)  # which it needs a fraction of, where it does not wait
    assert closing.is_alive()
    assert not gate.path.exists()

    os.close(lock)
    closing.join()
    assert Position.CLOSED is gate.read(NOW).position


def test_the_history_is_not_written_where_a_link_leads(gate: GateFile, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(b"mine")
    gate.path.parent.mkdir()
    gate.history.symlink_to(elsewhere)

    assert Position.OPEN is opened(gate).read(NOW).position
    assert b"mine" == elsewhere.read_bytes()


def test_a_failed_opening_leaves_it_as_it_was(
    gate: GateFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(gate)
    before = {file.name: file.read_bytes() for file in gate.path.parent.iterdir()}
    real = write_atomically

    def full(file: Path, data: bytes, *, mode: int) -> None:
        if file == gate.path:
            raise OSError(28, "No space left on device")
        real(file, data, mode=mode)

    monkeypatch.setattr(gate_file, "write_atomically", full)
    with pytest.raises(OSError, match="No space"):
        opened(gate, commit="e" * 40)

    assert before == {file.name: file.read_bytes() for file in gate.path.parent.iterdir()}
    assert Position.OPEN is gate.read(NOW).position


def test_a_full_disk_cannot_keep_it_open(gate: GateFile, monkeypatch: pytest.MonkeyPatch) -> None:
    opened(gate)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(gate_file, "write_atomically", full)
    with pytest.raises(OSError, match="No space"):
        gate.close("red", by="bot", now=NOW)

    assert Position.NEVER is gate.read(NOW).position
    assert [] == keys(gate)


def test_a_file_that_is_a_mount_point_is_closed_by_its_key(
    gate: GateFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody can replace or remove such a file; what is beside it can be."""
    opened(gate)
    replace, unlink = Path.replace, Path.unlink

    def busy(real: Callable[..., Any], place: int) -> Callable[..., Any]:
        def call(*paths: Path, **options: Any) -> Any:
            if paths[place] == gate.path:
                raise OSError(16, "Device or resource busy")
            return real(*paths, **options)

        return call

    monkeypatch.setattr(Path, "replace", busy(replace, 1))
    monkeypatch.setattr(Path, "unlink", busy(unlink, 0))
    with pytest.raises(OSError, match="busy"):
        gate.close("red", by="bot", now=NOW)

    state = gate.read(NOW)
    assert (Position.DOUBT, []) == (state.position, keys(gate))
    assert "the key that signed it is gone" in state.why


def _die_after(steps: int, path: Path, *, is_opening: bool) -> None:
    """Open or close the gate in this process, and be killed before its ``steps``-th call of the system."""
    calls = iter(range(steps))

    def counted(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            if next(calls, None) is None:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*args, **kwargs)

        return call

    for name in ("open", "write", "fsync", "replace", "unlink", "rename"):
        setattr(os, name, counted(getattr(os, name)))
    gate = GateFile(path)
    if is_opening:
        gate.open({**FACTS, "commit": "e" * 40}, by="bob", now=NOW, since=gate.read(NOW))
    else:
        gate.close("red", by="bot", now=NOW)


@pytest.mark.parametrize("is_opening", [True, False], ids=["opening", "closing"])
def test_killed_at_any_point_it_is_in_the_old_state_or_the_new(
    tmp_path: Path, *, is_opening: bool
) -> None:
    fork = multiprocessing.get_context("fork")
    seen = []
    for steps in range(60):
        gate = opened(GateFile(tmp_path / str(steps) / "gate.json"))
        child = fork.Process(
            target=_die_after, args=(steps, gate.path), kwargs={"is_opening": is_opening}
        )
        child.start()
        child.join()
        state = gate.read(NOW)
        seen.append((state.position, state.by))
        if child.exitcode == 0:
            break
    new = (Position.OPEN, "bob") if is_opening else (Position.CLOSED, "bot")
    assert {(Position.OPEN, "ada"), new} == set(seen)
    assert new == seen[-1]
    assert len(seen) > 5
