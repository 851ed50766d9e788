"""``python -m runbook.prove`` on a tiny real project, in a process of its own."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from runbook.exit_codes import ExitCode
from runbook.project import find_project
from runbook.prove.__main__ import printed
from runbook.prove.fault import read_faults
from runbook.prove.matrix import Matrix, Proof, read_proof
from runbook.prove.recorded import (
    matrix_block,
    read_record,
    stale_records,
    unproved_records,
    write_record,
)
from runbook.runs.report_lines import MOST_LINES
from runbook.sessions import brief
from tests.runbook.published import hold
from tests.runbook.support import (
    TinyProject,
    completed,
    engine_environment,
    is_alive,
    module,
    row_test,
    wait_until,
)

if TYPE_CHECKING:
    from pathlib import Path

APP = "def serve():\n    return 1\n\n\ndef greet():\n    return 'hello'\n"
IMPORTS = "import sys\nsys.path.insert(0, '.')\nimport app\n"
FAULTS = """
[test_number.another]
cause = "It serves another number."
file = "app.py"
find = "return 1"
replace = "return 2"

[test_number.unseen]
cause = "It serves the same number in another way."
file = "app.py"
find = "return 1"
replace = "return 0 + 1"

[test_word.also-the-number]
cause = "It fails altogether."
file = "app.py"
find = "return 'hello'"
replace = "return 'hi'\\n\\nserve = greet"
"""


@pytest.fixture
def app(project: TinyProject) -> TinyProject:
    """A project with three faults, one of which no test notices, and one is told behind another."""
    project.write("app.py", APP)
    number = row_test("test_number", "assert 1 == app.serve()", severity="high")
    word = row_test("test_word", "assert 'hello' == app.greet()")
    project.write("tests/test_app.py", IMPORTS + module(number, word))
    project.write("tests/faults/app.toml", FAULTS)
    project.init()
    project.commit()
    return project


def prove(app: TinyProject, *arguments: str) -> subprocess.CompletedProcess[str]:
    return completed(
        [sys.executable, "-m", "runbook.prove", *arguments], cwd=app.root, env=engine_environment()
    )


def snapshot(root: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_every_fault_is_judged_and_nothing_is_touched(app: TinyProject) -> None:
    app.write("app.py", APP + "# not committed\n")
    before = snapshot(app.root)

    done = prove(app, "--unfaulted", "3", "--jobs", "2", "--json", "-")

    said: dict[str, Any] = json.loads(done.stdout)
    hold(said)
    assert ExitCode.RED == done.returncode
    assert ("unproved", 3, 2, 1, {"runs": 3, "green": 3}) == tuple(
        said[key] for key in ("verdict", "faults", "killed", "first", "unfaulted")
    )
    assert [["test_number"], [], ["test_number", "test_word"]] == [
        each["red"] for each in said["proofs"]
    ]
    assert before == snapshot(app.root)
    assert "[3/3]" in done.stderr


def test_a_row_alone_is_proved_by_its_faults(app: TinyProject) -> None:
    app.write("tests/faults/app.toml", FAULTS.partition("[test_number.unseen]")[0])

    done = prove(app, "test_number")

    proof, result = done.stdout.splitlines()
    assert proof.startswith("PROOF test_number fault=another killed=yes first=yes got=")
    assert result.startswith("RESULT proved faults=1 killed=1 first=1 unfaulted=1/1 ")
    assert ExitCode.GREEN == done.returncode


def test_a_tier_that_has_no_fault_is_named(app: TinyProject) -> None:
    pyproject = app.root / "pyproject.toml"
    tiers = "".join(
        f'[tool.runbook.tiers.{name}]\ntests = ["{name}"]\n' for name in ("tests", "other")
    )
    app.write("pyproject.toml", f"{pyproject.read_text(encoding='utf-8')}\n{tiers}")
    app.write("other/test_other.py", module(row_test("test_other")))

    whole, one = prove(app, "--unfaulted", "1"), prove(app, "test_word")

    note = "note: no row of the tier other is asked: none has a fault in tests/faults\n"
    assert whole.stderr.startswith(note)
    assert note not in one.stderr


def test_more_faults_than_fit_on_a_screen_are_in_a_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(brief, "is_wanted", lambda: True)
    proved = Proof("test_one", "a", "fast", "", ("test_one",), (), "2")
    many = Matrix((proved,) * MOST_LINES, 1, 1, 0.0)

    cut, result = printed(tmp_path, many)

    log = tmp_path / ".runbook" / "sessions" / "faults.log"
    assert f"CUT proofs={MOST_LINES} in=.runbook/sessions/faults.log" == cut
    assert [*many.lines()] == log.read_text(encoding="utf-8").splitlines()
    assert result == many.lines()[-1]
    few = Matrix((proved,) * (MOST_LINES - 1), 1, 1, 0.0)
    assert few.lines() == printed(tmp_path, few)
    monkeypatch.setattr(brief, "is_wanted", lambda: False)
    assert many.lines() == printed(tmp_path, many)


@pytest.mark.parametrize("option", ["--jobs", "--unfaulted"])
def test_fewer_than_none_is_refused(app: TinyProject, option: str) -> None:
    done = prove(app, option, "-1")

    assert (ExitCode.USAGE, "") == (done.returncode, done.stdout)
    assert f"error: {option} is -1; it is 0 or more\n" == done.stderr


def test_a_tier_that_is_red_already_proves_nothing(app: TinyProject) -> None:
    app.write("app.py", APP.replace("hello", "good day"))

    done = prove(app, "test_number")

    assert (ExitCode.ENVIRONMENT, "") == (done.returncode, done.stdout)
    assert "the tier fast is red without any fault: test_word: good day" in done.stderr


def test_a_fault_that_fits_no_more_is_refused_before_anything_is_run(app: TinyProject) -> None:
    app.write("app.py", APP.replace("return 1", "return  1"))

    done = prove(app)

    assert (ExitCode.USAGE, "") == (done.returncode, done.stdout)
    assert "finds its text 0 times" in done.stderr
    assert "next: make `find`" in done.stderr


def test_the_record_is_what_the_document_shows_until_a_fault_changes(app: TinyProject) -> None:
    proved = json.loads(prove(app, "--json", "-").stdout)
    project = find_project(app.root)
    faults = read_faults(project)
    assert 3 == len(list(stale_records(project, faults)))
    assert "" == matrix_block(project)

    write_record(project, [read_proof(entry) for entry in proved["proofs"]], faults)

    assert [] == list(stale_records(project, faults))
    assert [each.name for each in faults] == [each.name for each in read_record(project)]
    assert "Tier fast: 3 faults, 2 killed by their row" in matrix_block(project)
    unseen, behind = unproved_records(project)
    assert unseen.startswith("the fault test_number.unseen did not turn its row red; mend: ")
    assert behind.startswith("the fault test_word.also-the-number was told behind test_number; ")
    app.write("tests/faults/app.toml", FAULTS.replace("altogether", "wholly"))
    assert 1 == len(list(stale_records(project, read_faults(project))))
    app.write("tests/faults/app.toml", FAULTS.replace('replace = "', 'replace = " ', 1))
    assert 1 == len(list(stale_records(project, read_faults(project)))), "it is another edit"


HANGS = """
[test_number.hangs]
cause = "It never ends."
file = "app.py"
find = "return 1"
replace = "import os, pathlib, time; pathlib.Path('{pid}').write_text(f'{{os.getpid()}} '); time.sleep(1000)"
"""
NOXFILE = """
import os
import pathlib
import sys
import nox
nox.options.default_venv_backend = "none"

@nox.session(name="faults")
def faults(session):
    pathlib.Path(os.environ["TMPDIR"], "nox").write_text(str(os.getpid()))
    session.run(sys.executable, "-m", "runbook.prove", *session.posargs, stderr=None)
"""
TASK = """
import pathlib, sys
from runbook.sessions.running import run_session

run_session(pathlib.Path.cwd(), "faults", sys.argv[1:])
"""
CALLERS = {
    "prove": ["-m", "runbook.prove"],
    "nox": ["-m", "nox", "-s", "faults", "--"],
    "task": ["-c", TASK],
}


@pytest.mark.parametrize(
    ("caller", "sent", "status"),
    [
        ("prove", signal.SIGINT, ExitCode.INTERRUPTED),
        ("prove", signal.SIGTERM, -signal.SIGTERM),
        ("prove", signal.SIGKILL, -signal.SIGKILL),
        ("nox", signal.SIGINT, ExitCode.INTERRUPTED),
        ("nox", signal.SIGTERM, -signal.SIGTERM),
        ("nox", signal.SIGKILL, -signal.SIGKILL),
        ("task", signal.SIGTERM, -signal.SIGTERM),
        ("task", signal.SIGKILL, -signal.SIGKILL),
    ],
    ids=lambda value: getattr(value, "name", value if isinstance(value, str) else ""),
)
def test_one_that_is_ended_leaves_no_process_and_no_folder(
    app: TinyProject, tmp_path: Path, caller: str, sent: signal.Signals, status: int
) -> None:
    pid, scratch = tmp_path / "pid", tmp_path / "scratch"
    scratch.mkdir()
    app.write("tests/faults/app.toml", HANGS.format(pid=pid))
    app.write("noxfile.py", NOXFILE)

    with subprocess.Popen(
        [sys.executable, *CALLERS[caller], "test_number", "--jobs", "1"],
        cwd=app.root,
        env=engine_environment({"TMPDIR": str(scratch)}),
        start_new_session=True,
    ) as proving:
        wait_until(
            lambda: proving.poll() is not None or (pid.exists() and pid.read_text().endswith(" ")),
            "the run that hangs",
        )
        proving.send_signal(sent)

    assert status == proving.returncode
    wait_until(lambda: not is_alive(int(pid.read_text())), "the end of the run")
    wait_until(lambda: not list(scratch.glob("runbook-*")), "the end of the folder")
    noxes = [int(file.read_text()) for file in scratch.glob("nox")]
    wait_until(lambda: not any(is_alive(nox) for nox in noxes), "the end of Nox")
