"""The gate's status: what is served, what is proved, and the command that changes it."""

from __future__ import annotations

import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest

from runbook.errors import EnvironmentNotReady
from runbook.gate.file import GateState, Position
from runbook.gate.status import GateStatus, read_build, read_status
from runbook.project import GateSettings, Project
from runbook.runs.source_state import SourceState
from tests.runbook.published import hold
from tests.runbook.support import Quiet, served

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.runbook.support import Repository

BUILD, OTHER = "b" * 64, "e" * 64
PROOF = {
    "manifest": BUILD, "harness": BUILD, "faults": 3, "seconds": 2.5,
    "versions": {"python": "3.11.7", "system": "Linux"},
    "tiers": {"fast": {"passed": 16, "seconds": 1.5, "runs": ["7f21aa"]}},
}  # fmt: skip
RECORD = {
    "version": 2, "state": "open", "build": BUILD, "commit": "c" * 40, "tree": "d" * 40, "proof": PROOF, "by": "ada",
    "opened_at": 1_800_000_000.0, "key": "a" * 16, "key_ctime_ns": 1, "mac": "b" * 64,
}  # fmt: skip
OPEN = GateState(Position.OPEN, "opened for commit c", "ada", 1_800_000_000.0, RECORD)
CLOSED = GateState(Position.CLOSED, "the row is red", "bot", 1_800_000_000.0)
HIDDEN = GateState(Position.DOUBT, "its file is in doubt: Permission denied", is_hidden=True)
CLEAN = SourceState("ccccccc", "ddddddd", is_dirty=False)
EDITED = SourceState("ccccccc", "ddddddd", is_dirty=True)
AGAIN = "start the server anew; the one that runs serves an older build"
CLOSE = 'bin/invoke gate.close --reason "..."'


@pytest.mark.parametrize(
    ("state", "source", "checkout", "served", "expected"),
    [
        (OPEN, CLEAN, BUILD, "", ("open", "opened for commit c", CLOSE)),
        (OPEN, CLEAN, BUILD, BUILD, ("open", "opened for commit c", CLOSE)),
        (OPEN, EDITED, OTHER, BUILD, ("open", "opened for commit c", CLOSE)),
        (OPEN, CLEAN, BUILD, OTHER, ("closed", "another build than the one that is serv", AGAIN)),
        (OPEN, CLEAN, OTHER, "", ("closed", "another build than this che", "bin/invoke gate.open")),
        (OPEN, EDITED, OTHER, "", ("closed", "another build than this checkout's", "git status; ")),
        (CLOSED, CLEAN, BUILD, "", ("closed", "the row is red", "bin/invoke gate.open")),
        (CLOSED, EDITED, BUILD, "", ("closed", "the row is red", "git status; ")),
        (CLOSED, CLEAN, "", "", ("closed", "the row is red", "bin/invoke gate.open")),
        (HIDDEN, CLEAN, BUILD, BUILD, ("unknown", "Permission den", "bin/invoke gate.status, as ")),
    ],
)
def test_it_says_where_the_gate_stands_and_what_would_change_it(
    state: GateState,
    source: SourceState,
    checkout: str,
    served: str,
    expected: tuple[str, str, str],
) -> None:
    status = GateStatus(state, source, checkout, served, "http://127.0.0.1:1")

    word, why, step = expected
    said = status.as_json()
    hold(said)
    assert word == said["gate"]
    assert why in said["why"]
    assert [True] == [each.startswith(step) for each in said["next"]]
    text = status.as_text().splitlines()
    assert text[0].startswith(f"gate    {word}: ")
    assert why in text[0]
    assert text[-1].startswith(f"next    {step}")


def test_it_names_who_and_what_was_proved() -> None:
    closed = GateStatus(CLOSED, CLEAN, BUILD, "", "").as_text()
    opened = GateStatus(OPEN, CLEAN, BUILD, "", "").as_text()

    assert "\nby      bot, 20" in closed
    assert "\nproved  nothing\n" in closed
    assert (
        f"\nproved  build {BUILD[:12]}, commit {'c' * 12}: fast 16 rows; 3 faults were noticed\n"
        in opened
    )
    assert f"\nhere    build {BUILD[:12]}, commit ccccccc, clean\n" in opened


@contextmanager
def server(answer: bytes) -> Iterator[str]:
    """A server that answers everything with the same bytes."""

    class Handler(Quiet, BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(answer)

    with served(HTTPServer(("127.0.0.1", 0), Handler)) as url:
        yield url


@pytest.mark.parametrize(
    ("answer", "build"),
    [
        (json.dumps({"build": BUILD}).encode(), BUILD),
        (json.dumps({"build": BUILD, "more": "x" * 65_536}).encode(), ""),
        (b"[]", ""),
        (b"<html>", ""),
        (b"{}", ""),
    ],
)
def test_a_running_server_is_asked(repository: Repository, answer: bytes, build: str) -> None:
    with server(answer) as url:
        status = read_status(Project(repository.root, {}), url + "/")

    hold(status.as_json())
    assert build == status.served
    assert url == status.url


def test_no_proxy_is_asked_for_the_server(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")

    with server(json.dumps({"build": BUILD}).encode()) as url:
        assert BUILD == read_status(Project(repository.root, {}), url).served


def test_it_says_which_file_the_gate_is(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two checkouts of one machine may share a gate: whoever asks sees which one is meant."""
    monkeypatch.setenv("SHOP_DATA", "/srv/shop")
    settings = GateSettings(file="$SHOP_DATA/gate.json")

    status = read_status(Project(repository.root, {}, settings))
    without = read_status(Project(repository.root, {}))

    assert "\nfile    /srv/shop/gate.json\n" in status.as_text()
    assert "/srv/shop/gate.json" == status.as_json()["file"]
    assert ("", False) == (without.as_json()["file"], "\nfile " in without.as_text())


def test_nobody_there_is_nothing_served(repository: Repository) -> None:
    settings = GateSettings(url="http://127.0.0.1:9", build=("git", "hash-object", "app.py"))

    status = read_status(Project(repository.root, {}, settings))

    assert ("", 40) == (status.served, len(status.checkout))
    assert "no server answers at http://127.0.0.1:9" in status.as_text()


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ((), "it is empty"),
        (("no-such-program",), "No such file"),
        (("git", "no-such-verb"), "git no-such-verb: "),
        (("git", "--exec-path=x", "hash-object", "gone"), "gone"),
        (("true",), "it printed nothing"),
        (("sh", "-c", "echo half a build; echo no room >&2; exit 1"), "no room"),
    ],
)
def test_a_build_that_cannot_be_had_is_said(
    tmp_path: Path, command: tuple[str, ...], why: str
) -> None:
    with pytest.raises(EnvironmentNotReady, match="the build of this tree is unknown") as unknown:
        read_build(tmp_path, command)

    assert why in str(unknown.value)
