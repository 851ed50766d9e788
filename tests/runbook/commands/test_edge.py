"""How a command ends."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from runbook import commands
from runbook.commands import procedures as procedure_calls
from runbook.commands import views
from runbook.exit_codes import ExitCode
from tests.runbook.published import hold
from tests.runbook.support import ends_with

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest

    from tests.runbook.support import TinyProject


def test_ctrl_c_ends_a_command_as_interrupted(
    procedures: TinyProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(views, "find_project", interrupted)

    assert ExitCode.INTERRUPTED == ends_with(commands.rows, procedures.root, as_json=False)


def test_ctrl_c_is_one_json_document_where_that_was_asked_for(
    procedures: TinyProject, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(procedure_calls, "find_project", interrupted)
    how = {"dry_run": False, "plan": "", "resume": False, "json_file": "-"}

    assert 130 == ends_with(commands.revert_and_resmoke, procedures.root, {"commit": "abc"}, how)

    record = json.loads(capfd.readouterr().out)
    hold(record)
    assert ("interrupted", 130) == (record["verdict"], record["exit_code"])
    assert "--resume" in record["next"][0]


def json_calls(root: Path, place: str) -> list[Callable[[], None]]:
    """Return calls that are wrong, each by another way in which a call wants its JSON."""
    how = {"dry_run": False, "plan": "", "resume": False, "json_file": place}
    search: dict[str, Any] = {"test": "", "file": "", "repo": "", "command": "", "flags": {}}
    upgrade: dict[str, Any] = {"baseline": "", "command": "", "lists": {}, "flags": {}}
    return [
        lambda: commands.explain(root, "nosuch", as_json=True),
        lambda: commands.run(root, tier="nosuch", json_file=place),
        lambda: commands.filter_tests(root, "", tier="one", json_file=place),
        lambda: commands.revert_and_resmoke(root, {"commit": ""}, how),
        lambda: commands.find_offending_commit(root, **search, options={"json": place}),
        lambda: commands.find_offending_upgrade(**upgrade, options={"json": place}),
    ]


def test_a_wrong_call_is_one_json_document_where_that_was_asked_for(
    procedures: TinyProject, capfd: pytest.CaptureFixture[str]
) -> None:
    for call in json_calls(procedures.root, "-"):
        assert 2 == ends_with(call)
        shown = capfd.readouterr()
        record = json.loads(shown.out)
        assert ("error/1", 2) == (record["schema"], record["exit_code"])
        assert shown.err.startswith(f"error: {record['error']}\n")
