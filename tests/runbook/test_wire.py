"""When the smoke's client looks out for an answer, and that it has it either way."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

import pytest

from tests.integration.wire import watch

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Both ends of a connection."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def load(monkeypatch: pytest.MonkeyPatch, cores: int | None, waiting: float | None) -> None:
    """Have the machine so many cores, and so many who want one; None where it does not tell."""

    def averages() -> tuple[float, float, float]:
        if waiting is None:
            raise OSError
        return waiting, 0.0, 0.0

    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    monkeypatch.setattr(os, "getloadavg", averages)


@pytest.mark.parametrize(
    ("cores", "waiting"), [(1, 0.0), (None, 0.0), (2, 2.0), (8, 11.5), (2, None)]
)
def test_no_core_is_taken_from_others(
    monkeypatch: pytest.MonkeyPatch,
    ends: tuple[socket.socket, socket.socket],
    cores: int | None,
    waiting: float | None,
) -> None:
    load(monkeypatch, cores, waiting)

    assert watch(ends[0]) is None


def test_what_comes_is_seen_where_a_core_is_idle(
    monkeypatch: pytest.MonkeyPatch, ends: tuple[socket.socket, socket.socket]
) -> None:
    load(monkeypatch, 2, 1.9)
    ours, theirs = ends

    coming = watch(ours)

    assert coming
    assert [] == coming.poll(0)
    theirs.send(b"x")
    assert [ours.fileno()] == [descriptor for descriptor, _ in coming.poll(0)]
