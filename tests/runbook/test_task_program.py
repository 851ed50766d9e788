"""Invoke as bin/invoke starts it: its refusals are usage errors."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.runbook.support import ROOT, completed, unread

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path


def invoke(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Call the tasks as the launcher does."""
    return completed([sys.executable, str(ROOT / "bin" / "task_program.py"), *arguments], cwd=ROOT)


@pytest.mark.parametrize(
    ("words", "what", "next_step"),
    [
        (["explian"], "No idea what 'explian' is! The nearest: explain, ", "bin/invoke --list"),
        (["explain"], "positional arguments: 'test'", "bin/invoke --help explain"),
        (["rows", "--nosuch"], "No idea what '--nosuch' is!\n", "bin/invoke --help rows"),
        (
            ["--help", "gate.opne"],
            "No idea what 'gate.opne' is! The nearest: gate.open, ",
            "bin/invoke --list",
        ),
        (["nosuch", "--help"], "No idea what 'nosuch' is!", "bin/invoke --list"),
        (["--nosuch"], "No idea what '--nosuch' is!", "bin/invoke --list"),
        (["prove", "--jobs", "many"], "an option wants a number: ", "bin/invoke --list"),
        (
            ["rollback", "--test", "a", "--test", "b"],
            "error: --test is given twice, and takes one value: not 'b', too\n",
            "bin/invoke --help rollback",
        ),
        (
            ["rollback", "--test=a", "--dry-run", "--test=b"],
            "error: --test is given twice, and takes one value: not 'b', too\n",
            "bin/invoke --help rollback",
        ),
        (
            ["run", "--tier=a", "--tier", "b"],
            "error: --tier is given twice",
            "bin/invoke --help run",
        ),
        (
            ["run", "--changed=3"],
            "error: --changed takes no value: not '3'\n",
            "bin/invoke --help run",
        ),
        (
            ["rollback", "--test", "b", "--dry-run", "b"],
            "error: --dry-run takes no value: not 'b'\n",
            "bin/invoke --help rollback",
        ),
        (["run", "--tier"], "error: --tier wants a value, and has none\n", "bin/invoke --help run"),
        (
            ["run", "-t", "fast"],
            "error: No idea what '-t' is! The nearest: --tier\n",
            "bin/invoke --help run",
        ),
        (["run", "-x"], "error: No idea what '-x' is!\n", "bin/invoke --help run"),
    ],
)
def test_what_the_parser_refuses_is_a_usage_error(
    words: list[str], what: str, next_step: str
) -> None:
    done = invoke(*words)

    assert (2, "") == (done.returncode, done.stdout)
    assert what in done.stderr
    assert done.stderr.endswith(f"\n  next: {next_step}\n")


def test_it_is_json_where_that_was_asked_for(tmp_path: Path) -> None:
    def record_of(text: str) -> tuple[Any, ...]:
        record = json.loads(text)
        return record["schema"], record["verdict"], record["next"]

    expected = ("error/1", "usage", ["bin/invoke --help explain"])
    file = tmp_path / "run.json"

    assert expected == record_of(invoke("explain", "--json").stdout)
    assert "" == invoke("run", "--json", str(file), "--nosuch").stdout
    assert ("error/1", "usage", ["bin/invoke --help run"]) == record_of(file.read_text("utf-8"))


@pytest.mark.parametrize("mistake", ["def broken(:", "import nosuch_module"])
@pytest.mark.parametrize("name", ["tasks.py", "noxfile.py"])
def test_a_file_of_ours_that_cannot_be_read_is_told_with_its_place(
    tmp_path: Path, name: str, mistake: str
) -> None:
    for program in ("task_program.py", "nox_program.py"):
        (tmp_path / "bin").mkdir(exist_ok=True)
        (tmp_path / "bin" / program).write_bytes((ROOT / "bin" / program).read_bytes())
    (tmp_path / name).write_text(f"{mistake}\n", "utf-8")
    program, *options = {
        "tasks.py": ["task_program.py", "--search-root", str(tmp_path), "--list"],
        "noxfile.py": ["nox_program.py", "--noxfile", str(tmp_path / name), "--list"],
    }[name]

    done = completed([sys.executable, str(tmp_path / "bin" / program), *options], cwd=tmp_path)

    assert (2, "") == (done.returncode, done.stdout)
    assert f" at {name}:1\n" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_is_no_refusal_is_as_it_was() -> None:
    listed, helped = invoke("--list"), invoke("--help", "explain")

    assert (0, 0, "", "") == (listed.returncode, helped.returncode, listed.stderr, helped.stderr)
    assert "find-offending-commit" in listed.stdout
    assert helped.stdout.startswith("Usage: inv[oke]")


@pytest.mark.parametrize("asked", ["--help", "-h"])
@pytest.mark.parametrize("task", ["new-app", "explain", "rows"])
def test_help_of_a_task_can_be_asked_behind_its_name(task: str, asked: str) -> None:
    behind, before = invoke(task, asked), invoke("--help", task)

    assert (0, before.stdout, "") == (behind.returncode, behind.stdout, behind.stderr)
    assert f" {task} " in behind.stdout


@pytest.mark.parametrize("words", [["--list"], ["--help"], ["--help", "explain"], ["--version"]])
def test_whoever_stops_reading_is_told_nothing(words: list[str]) -> None:
    done = unread(sys.executable, str(ROOT / "bin" / "task_program.py"), *words)

    assert (0, "") == done


def test_ctrl_c_while_the_tasks_are_read_is_an_interruption(tmp_path: Path) -> None:
    (tmp_path / "tasks.py").write_text("raise KeyboardInterrupt\n", encoding="utf-8")

    done = invoke("--search-root", str(tmp_path), "rollback", "--json", "-")

    assert (130, "interrupted", "") == (
        done.returncode,
        json.loads(done.stdout)["error"],
        done.stderr,
    )
