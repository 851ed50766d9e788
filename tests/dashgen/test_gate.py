"""The gate: open when it says so beyond doubt, and closed on every doubt there is."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import shutil
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashgen.gate import CLOCK_SKEW_S, MAX_BYTES, FeatureGate
from runbook.gate.file import GateFile
from tests.integration import gates

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NOW = 1_800_000_000.0
BUILD = "b" * 64
KEY_NAME, KEY = "0123456789abcdef", b"the key"
KEY_TIME = 1_799_000_000_000_000_000
OPEN = {
    "state": "open",
    "version": 2,
    "build": BUILD,
    "commit": "c" * 40,
    "tree": "d" * 40,
    "opened_at": NOW,
    "by": "ada",
    "proof": {"rows": 16},
    "key": KEY_NAME,
    "key_ctime_ns": KEY_TIME,
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "orch" / "gate.json"


def open_gate(path: Path, build: str = BUILD, now: float = NOW) -> None:
    gates.open_gate(path, build, now=now, commit="c" * 40, tree="d" * 40)


def close_gate(path: Path, reason: str, by: str, now: float) -> None:
    GateFile(path).close(reason, by=by, now=now)


@pytest.fixture
def key(path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The key that `signed` signs with, where the server looks for it; nobody can set its time, so it is given."""
    path.parent.mkdir()
    file = path.with_name(f"gate-{KEY_NAME}.key")
    file.write_bytes(KEY)
    monkeypatch.setattr("dashgen.gate._ctime_ns", lambda found: found.lstat() and KEY_TIME)
    return file


def test_it_opens_for_its_build(path: Path) -> None:
    gate = FeatureGate(path, BUILD)
    open_gate(path)
    for now in (NOW, NOW + 1e9, NOW - CLOCK_SKEW_S):
        state = gate.read(now)
        assert state.is_open
        assert (NOW, BUILD, None) == (state.since, state.build, state.closed_by)
        assert "c" * 40 in state.reason


def test_it_closes_with_a_reason(path: Path) -> None:
    gate = FeatureGate(path, BUILD)
    open_gate(path)
    assert gate.read(NOW).is_open
    close_gate(path, "the smoke is red", "ci", NOW + 1)
    state = gate.read(NOW + 2)
    assert not state.is_open
    assert ("the smoke is red", "ci", NOW + 1) == (state.reason, state.closed_by, state.since)
    open_gate(path, now=NOW + 3)
    assert gate.read(NOW + 4).is_open


def written(data: bytes) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_bytes(data)

    return write


def signed(record: dict[str, object]) -> bytes:
    """The record as `docs/architecture/gate.md` has it signed, so that the signature is no doubt."""
    text = json.dumps(record, sort_keys=True, separators=(",", ":")).encode()
    return json.dumps(record | {"mac": hmac.new(KEY, text, hashlib.sha256).hexdigest()}).encode()


def changed(**fields: object) -> Callable[[Path], None]:
    return written(signed({**OPEN, **fields}))


def lacking(field: str) -> Callable[[Path], None]:
    return written(signed({key: OPEN[key] for key in OPEN if key != field}))


def unsigned(**fields: object) -> Callable[[Path], None]:
    return written(json.dumps({**json.loads(PLAIN), **fields}).encode())


def without_key(path: Path) -> None:
    path.write_bytes(PLAIN)
    path.with_name(f"gate-{KEY_NAME}.key").unlink()


def with_longer_key(path: Path) -> None:
    """Signed with a key that is there, under a name that no key of a gate has."""
    path.with_name(f"gate-{KEY_NAME}0.key").write_bytes(KEY)
    path.write_bytes(signed({**OPEN, "key": f"{KEY_NAME}0"}))


def with_linked_key(path: Path) -> None:
    path.write_bytes(PLAIN)
    key = path.with_name(f"gate-{KEY_NAME}.key")
    key.rename(path.with_name("elsewhere"))
    key.symlink_to("elsewhere")


def linked(path: Path) -> None:
    elsewhere = path.with_name("elsewhere.json")
    elsewhere.write_bytes(PLAIN)
    path.symlink_to(elsewhere)


PLAIN = signed(OPEN)
DOUBTS: dict[str, Callable[[Path], object]] = {
    "missing": lambda path: path,
    "a folder": lambda path: path.mkdir(),
    "a pipe": os.mkfifo,
    "a link": linked,
    "empty": written(b""),
    "blank": written(b"\n\n"),
    "not JSON": written(b"open"),
    "binary": written(bytes(range(256))),
    "a list": written(b"[" + PLAIN + b"]"),
    "true": written(b"true"),
    "two documents": written(PLAIN + PLAIN),
    "a byte order mark": written(b"\xef\xbb\xbf" + PLAIN),
    "a key twice": written(PLAIN[:-1] + b', "build": "' + BUILD.encode() + b'"}'),
    "state twice": written(b'{"state": "closed", ' + PLAIN[1:]),
    "too big": written(PLAIN + b" " * MAX_BYTES),
    "deep": written(b'{"state":' * 10_000),
    "an unknown key": changed(force=True),
    "unknown version": changed(version=3),
    "an older version": changed(version=1),
    "no mac": written(json.dumps(OPEN).encode()),
    "an edited commit": unsigned(commit="e" * 40),
    "an edited time": unsigned(opened_at=NOW - 1),
    "an edited proof": unsigned(proof={"rows": 17}),
    "somebody's mac": unsigned(mac="0" * 64),
    "a key elsewhere": changed(key="../../../etc/passwd"),
    "a key of another gate": changed(key="f" * 16),
    "a key with a longer name": with_longer_key,
    "no key": without_key,
    "another key's time": changed(key_ctime_ns=KEY_TIME + 1),
    "a key's time as text": changed(key_ctime_ns=str(KEY_TIME)),
    "a linked key": with_linked_key,
    "version as text": changed(version="1"),
    "version true": changed(version=True),
    "another build": changed(build="e" * 64),
    "half a build": changed(build=BUILD[:-1]),
    "an empty build": changed(build=""),
    "build null": changed(build=None),
    "commit a number": changed(commit=1),
    "an empty commit": changed(commit=""),
    "tree a list": changed(tree=[]),
    "unknown state": changed(state="ajar"),
    "state true": changed(state=True),
    "from the future": changed(opened_at=NOW + CLOCK_SKEW_S + 1),
    "time as text": changed(opened_at=str(NOW)),
    "time before time": changed(opened_at=-1),
    "time true": changed(opened_at=True),
    "no time yet": written(PLAIN.replace(str(NOW).encode(), b"NaN")),
    "no end of time": written(PLAIN.replace(str(NOW).encode(), b"-Infinity")),
    **{f"no {field}": lacking(field) for field in OPEN},
    **{f"cut at {n}0 %": written(PLAIN[: len(PLAIN) * n // 10]) for n in range(1, 10)},
}


@pytest.mark.usefixtures("key")
@pytest.mark.parametrize("doubt", DOUBTS.values(), ids=DOUBTS.keys())
@pytest.mark.parametrize("was_open", [False, True], ids=["from the start", "after open"])
def test_every_doubt_closes_it(
    path: Path, doubt: Callable[[Path], object], *, was_open: bool
) -> None:
    gate = FeatureGate(path, BUILD)
    if was_open:
        path.write_bytes(PLAIN)
        assert gate.read(NOW).is_open
        path.unlink()
    doubt(path)
    for _ in range(2):
        state = gate.read(NOW)
        assert not state.is_open
        assert state.reason


@pytest.mark.usefixtures("key")
def test_what_the_doubts_start_from_is_open(path: Path) -> None:
    path.write_bytes(PLAIN)
    assert FeatureGate(path, BUILD).read(NOW).is_open


@pytest.mark.usefixtures("key")
def test_an_edit_in_place_that_sets_every_time_back_is_seen(path: Path) -> None:
    path.write_bytes(PLAIN)
    gate = FeatureGate(path, BUILD)
    assert gate.read(NOW).is_open
    before = path.stat()
    path.write_bytes(PLAIN.replace(b"ada", b"eve"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (before.st_ino, before.st_mtime_ns, before.st_size) == (
        path.stat().st_ino,
        path.stat().st_mtime_ns,
        path.stat().st_size,
    )
    assert not gate.read(NOW).is_open


def test_losing_its_key_closes_it_at_once(path: Path) -> None:
    gate = FeatureGate(path, BUILD)
    open_gate(path)
    assert gate.read(NOW).is_open
    for key in path.parent.glob("*.key"):
        key.unlink()
    assert not gate.read(NOW).is_open


def test_a_folder_that_is_put_back_with_its_key_opens_nothing(path: Path) -> None:
    """With every time that a copy can preserve, from before a closure."""
    open_gate(path)
    kept = shutil.copytree(path.parent, path.parent.with_name("kept"))
    gate = FeatureGate(path, BUILD)
    shutil.rmtree(path.parent)
    close_gate(path, "the smoke is red", "ci", NOW)
    assert not gate.read(NOW).is_open
    shutil.copytree(kept, path.parent, dirs_exist_ok=True)
    assert not gate.read(NOW).is_open
    assert not FeatureGate(path, BUILD).read(NOW).is_open


def test_what_the_engine_opens_and_closes_is_understood(path: Path) -> None:
    now = time.time()
    file = GateFile(path)
    gate = FeatureGate(path, BUILD)
    facts = {"build": BUILD, "commit": "c" * 40, "tree": "d" * 40}
    proof = {"tiers": {"fast": {"passed": 16, "seconds": 0.9}}, "versions": {"a": "\u00e9 1.0"}}
    file.open({**facts, "proof": proof}, by="\u00c5da", now=now, since=file.read(now))
    assert gate.read(now).is_open
    kept = path.read_bytes()
    file.close("it is red", by="bot", now=now)
    assert ("it is red", "bot") == (gate.read(now).reason, gate.read(now).closed_by)
    path.write_bytes(kept)
    assert not gate.read(now).is_open


def test_it_cannot_be_opened_by_what_it_cannot_read(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_gate(path)

    def refuse(*_: object, **__: object) -> int:
        raise PermissionError("permission denied")

    monkeypatch.setattr(os, "open", refuse)
    assert not FeatureGate(path, BUILD).read(NOW).is_open


def test_open_for_one_build_is_closed_for_another(path: Path) -> None:
    open_gate(path, build="a" * 64)
    assert FeatureGate(path, "a" * 64).read(NOW).is_open
    assert not FeatureGate(path, BUILD).read(NOW).is_open


def test_files_that_change_under_a_server_close_it(path: Path) -> None:
    builds = [BUILD]
    gate = FeatureGate(path, lambda: builds[-1])
    open_gate(path)
    assert gate.read(NOW).is_open
    builds.append("e" * 64)
    assert not gate.read(NOW).is_open
    builds.append(BUILD)
    assert gate.read(NOW).is_open


def test_a_clock_that_goes_back_closes_it_until_it_is_right_again(path: Path) -> None:
    gate = FeatureGate(path, BUILD)
    open_gate(path)
    assert gate.read(NOW).is_open
    assert not gate.read(NOW - 3600).is_open
    assert gate.read(NOW).is_open


@given(st.binary(max_size=60))
def test_no_bytes_open_it_by_chance(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "gate.json"
    path.write_bytes(data)
    assert not FeatureGate(path, BUILD).read(NOW).is_open
