"""The gate: open when it says so beyond doubt, and closed on every doubt there is."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashgen.gate import CLOCK_SKEW_S, MAX_BYTES, FeatureGate, write_closed, write_open

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NOW = 1_800_000_000.0
BUILD = "b" * 64
OPEN = {
    "state": "open",
    "version": 1,
    "build": BUILD,
    "commit": "c" * 40,
    "tree": "d" * 40,
    "opened_at": NOW,
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "orch" / "gate.json"


def open_gate(path: Path, build: str = BUILD, now: float = NOW) -> None:
    write_open(path, build, "c" * 40, "d" * 40, now)


def test_it_opens_for_its_build(path: Path) -> None:
    gate = FeatureGate(path, BUILD)
    open_gate(path)
    for now in (NOW, NOW + 1e9, NOW - CLOCK_SKEW_S):
        state = gate.read(now)
        assert state.is_open
        assert (state.since, state.build, state.closed_by) == (NOW, BUILD, None)
        assert "c" * 40 in state.reason


def test_it_closes_with_a_reason(path: Path) -> None:
    gate = FeatureGate(path, BUILD)
    open_gate(path)
    assert gate.read(NOW).is_open
    write_closed(path, "the smoke is red", "ci", NOW + 1)
    state = gate.read(NOW + 2)
    assert not state.is_open
    assert (state.reason, state.closed_by, state.since) == ("the smoke is red", "ci", NOW + 1)
    open_gate(path, now=NOW + 3)
    assert gate.read(NOW + 4).is_open


def written(data: bytes) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_bytes(data)

    return write


def changed(**fields: object) -> Callable[[Path], None]:
    return written(json.dumps({**OPEN, **fields}).encode())


def lacking(field: str) -> Callable[[Path], None]:
    return written(json.dumps({key: OPEN[key] for key in OPEN if key != field}).encode())


def linked(path: Path) -> None:
    elsewhere = path.with_name("elsewhere.json")
    elsewhere.write_bytes(json.dumps(OPEN).encode())
    path.symlink_to(elsewhere)


PLAIN = json.dumps(OPEN).encode()
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
    "unknown version": changed(version=2),
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


@pytest.mark.parametrize("doubt", DOUBTS.values(), ids=DOUBTS.keys())
@pytest.mark.parametrize("was_open", [False, True], ids=["from the start", "after open"])
def test_every_doubt_closes_it(
    path: Path, doubt: Callable[[Path], object], *, was_open: bool
) -> None:
    path.parent.mkdir()
    gate = FeatureGate(path, BUILD)
    if was_open:
        open_gate(path)
        assert gate.read(NOW).is_open
        path.unlink()
    doubt(path)
    for _ in range(2):
        state = gate.read(NOW)
        assert not state.is_open
        assert state.reason


def test_what_the_doubts_start_from_is_open(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(PLAIN)
    assert FeatureGate(path, BUILD).read(NOW).is_open


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


def test_a_clock_that_goes_back_closes_it_until_it_is_right_again(path: Path) -> None:
    gate = FeatureGate(path, BUILD)
    open_gate(path)
    assert gate.read(NOW).is_open
    assert not gate.read(NOW - 3600).is_open
    assert gate.read(NOW).is_open


def test_a_failed_write_leaves_it_as_it_was(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_closed(path, "red", "ci", NOW)

    def refuse(_: int) -> None:
        raise OSError("no space left")

    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", refuse)
        with pytest.raises(OSError, match="space"):
            open_gate(path)
    assert FeatureGate(path, BUILD).read(NOW).reason == "red"


@given(st.binary(max_size=60))
def test_no_bytes_open_it_by_chance(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "gate.json"
    path.write_bytes(data)
    assert not FeatureGate(path, BUILD).read(NOW).is_open
