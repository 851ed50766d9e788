"""What a run may say of the gate, and who may close it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from runbook.errors import EnvironmentNotReady, UsageError
from runbook.gate import file as gate_file
from runbook.gate.file import GateFile, Position
from runbook.gate.project_gate import BOT, close, close_for, gate_word, read_gate
from runbook.project import GateSettings, Project
from runbook.runs.source_state import SourceState

if TYPE_CHECKING:
    from pathlib import Path

COMMIT, TREE = "1a2b3c4" + "0" * 33, "9f8e7d6" + "0" * 33
FACTS = {"build": "b" * 64, "commit": COMMIT, "tree": TREE, "proof": {}}
CLEAN = SourceState(COMMIT[:7], TREE[:7], is_dirty=False)


def project_at(root: Path, file: str = "gate.json") -> Project:
    return Project(root, {}, gate=GateSettings(file))


@pytest.fixture
def gated(tmp_path: Path) -> Project:
    """A project whose gate is open for `CLEAN`."""
    file = GateFile(tmp_path / "gate.json")
    file.open(FACTS, by="ada", now=time.time(), since=file.read(time.time()))
    return project_at(tmp_path)


def test_it_is_open_for_the_very_commit_and_tree_it_was_opened_for(gated: Project) -> None:
    assert "open" == gate_word(gated, CLEAN)


@pytest.mark.parametrize(
    "source",
    [
        SourceState("fffffff", TREE[:7], is_dirty=False),
        SourceState(COMMIT[:7], "fffffff", is_dirty=False),
        SourceState(COMMIT[:7], TREE[:7], is_dirty=True),
        SourceState(COMMIT[:7], TREE[:7], is_dirty=None),
        SourceState(),
    ],
    ids=["commit", "tree", "dirty", "unknown", "no repository"],
)
def test_it_is_closed_for_any_other_source(gated: Project, source: SourceState) -> None:
    assert "closed" == gate_word(gated, source)


@pytest.mark.parametrize("file", ["", "gone.json", ".", "$RUNBOOK_TEST_UNSET/gate.json"])
def test_it_is_closed_where_there_is_no_file(tmp_path: Path, file: str) -> None:
    assert "closed" == gate_word(project_at(tmp_path, file), CLEAN)


@pytest.mark.parametrize("file", ["$DATA/gate.json", "${DATA:-/nowhere}/gate.json"])
def test_its_folder_can_be_a_variable(
    gated: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str
) -> None:
    monkeypatch.setenv("DATA", str(gated.root))

    assert "open" == gate_word(project_at(tmp_path / "elsewhere", file), CLEAN)


def test_a_variable_can_have_a_default(gated: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(gated.root))

    assert "open" == gate_word(project_at(gated.root / "x", "${RUNBOOK_UNSET:-~}/gate.json"), CLEAN)


def test_a_bot_closes_what_is_open_and_says_so(gated: Project) -> None:
    state = close(gated, reason="the row is red", by=BOT)

    assert (Position.CLOSED, "the row is red", BOT) == (state.position, state.why, state.by)
    assert state == read_gate(gated)


@pytest.mark.parametrize("bot", [BOT, "bot:smoke"])
def test_a_bot_leaves_the_closure_of_a_person_alone(gated: Project, bot: str) -> None:
    by_person = close(gated, reason="not today", by="ada")

    assert by_person == close(gated, reason="red", by=bot)


def test_a_bot_makes_no_closure_of_a_gate_that_was_never_open(tmp_path: Path) -> None:
    assert Position.NEVER is close(project_at(tmp_path), reason="red", by=BOT).position
    assert [] == list(tmp_path.iterdir())


def test_a_person_takes_over_the_closure_of_a_bot(gated: Project) -> None:
    close(gated, reason="red", by=BOT)

    assert "ada" == close(gated, reason="not today", by="ada").by


def test_a_reason_is_no_longer_than_the_server_reads(gated: Project) -> None:
    assert "x" * 2_000 == close(gated, reason="x" * 2_001, by="ada").why


def test_a_person_closes_what_was_never_open_and_what_is_in_doubt(tmp_path: Path) -> None:
    project = project_at(tmp_path, "new/folder/gate.json")
    assert Position.CLOSED is close(project, reason="first", by="ada").position

    (tmp_path / "new/folder/gate.json").write_bytes(b"{")
    assert Position.CLOSED is close(project, reason="again", by="ada").position


def test_without_a_gate_a_bot_goes_on_and_a_person_is_told(tmp_path: Path) -> None:
    assert Position.NEVER is close(project_at(tmp_path, ""), reason="red", by=BOT).position
    with pytest.raises(UsageError, match="this project has no gate"):
        close(project_at(tmp_path, ""), reason="red", by="ada")


def test_a_place_that_cannot_be_written_is_closed_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "gate.json").mkdir()

    with pytest.raises(EnvironmentNotReady, match="the gate is closed, with no reason kept"):
        close(project_at(tmp_path), reason="red", by="ada")


def test_a_red_run_of_something_else_closes_nothing(
    gated: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNBOOK_PROBE", "1")

    assert "" == close_for(gated, ["test_one"], run="1a2b3c")
    assert Position.OPEN is read_gate(gated).position


@pytest.fixture
def of_another_user(gated: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project whose open gate this user may neither read nor change; permissions would not stop root."""

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(gate_file, "_read_plain", refuse)
    monkeypatch.setattr(gate_file, "write_atomically", refuse)
    monkeypatch.setattr("pathlib.Path.unlink", refuse)
    return gated


def test_a_gate_of_another_user_is_not_said_to_be_closed(of_another_user: Project) -> None:
    """Its server, which may read it, still lets the public in."""
    with pytest.raises(EnvironmentNotReady, match="the gate is perhaps STILL OPEN"):
        close(of_another_user, reason="red", by="ada")


def test_a_red_run_of_another_user_says_that_it_could_not_close_it(
    of_another_user: Project,
) -> None:
    said = close_for(of_another_user, ["test_one"], run="1a2b3c")

    assert "error: the gate is perhaps STILL OPEN" in said
