"""A Nox session behind a procedure, with a real Nox over a tiny project whose sessions need no environment."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING

import pytest

from runbook.errors import EnvironmentNotReady, UsageError
from runbook.exit_codes import ExitCode
from runbook.project import find_project
from runbook.sessions.running import run_session, run_tier
from tests.runbook.support import ENGINE, NOXFILE, completed, engine_environment

if TYPE_CHECKING:
    from tests.runbook.support import TinyProject

ENDED_OTHERWISE = """
@nox.session(name="orphaned")
def orphaned(session):
    os.kill(os.getppid(), signal.SIGKILL)
    quick(session)

@nox.session(name="beside")
def beside(session):
    quick(session)
    session.error("something else")
"""


@pytest.fixture(autouse=True)
def _sessions(project: TinyProject, monkeypatch: pytest.MonkeyPatch) -> None:
    """The project has a noxfile."""
    monkeypatch.setenv("PYTHONPATH", str(ENGINE))
    project.write("noxfile.py", NOXFILE + ENDED_OTHERWISE)


def test_the_exit_code_is_of_what_it_ran(project: TinyProject) -> None:
    assert ExitCode.GREEN == run_session(project.root, "quick", [])
    assert ExitCode.USAGE == run_session(project.root, "quick", ["--tier", "nosuch"])


def test_one_that_ends_beside_its_green_smoke_is_an_environment(project: TinyProject) -> None:
    assert ExitCode.ENVIRONMENT == run_session(project.root, "beside", [])


def test_one_that_never_came_to_its_smoke_is_said(project: TinyProject) -> None:
    with pytest.raises(EnvironmentNotReady, match="the session broken ended before its smoke"):
        run_session(project.root, "broken", [])


@pytest.mark.parametrize(
    ("added", "said"),
    [(b"\ndef broken(:\n", r"invalid syntax at noxfile\.py:\d+"), (b"\0", r"null bytes")],
)
def test_a_noxfile_that_is_no_python_is_told_with_its_place(
    project: TinyProject, added: bytes, said: str
) -> None:
    noxfile = project.root / "noxfile.py"
    noxfile.write_bytes(noxfile.read_bytes() + added)

    with pytest.raises(UsageError, match=f"^the sessions cannot be read: .*{said}"):
        run_session(project.root, "quick", [])


def test_a_noxfile_that_cannot_be_imported_is_told_with_its_place(project: TinyProject) -> None:
    noxfile = project.root / "noxfile.py"
    noxfile.write_text("import os\nimport nosuch\n")

    said = r"ModuleNotFoundError: No module named 'nosuch' at noxfile\.py:2"
    with pytest.raises(UsageError, match=f"^the sessions cannot be read: {said}$"):
        run_session(project.root, "quick", [])


def test_a_run_that_was_killed_leaves_no_temporary_file(
    project: TinyProject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Its session ends after it, and finds nobody to tell its exit code to."""
    scratch = tmp_path_factory.mktemp("scratch")
    call = "from pathlib import Path; from runbook.sessions.running import run_session; "
    call += "run_session(Path.cwd(), 'orphaned', [])"
    done = completed(
        [sys.executable, "-c", call],
        cwd=project.root,
        env=engine_environment({"TMPDIR": str(scratch)}),
    )

    assert (-signal.SIGKILL, True) == (done.returncode, "RESULT green" in done.stdout)
    assert [] == [each.name for each in scratch.iterdir() if each.name.startswith("runbook-")]
    assert ExitCode.GREEN == run_session(project.root, "quick", [])
    assert [] == list((project.root / ".runbook" / "calls").iterdir())


def test_a_tier_needs_no_nox_where_its_environment_holds_a_lock(
    project: TinyProject, capfd: pytest.CaptureFixture[str]
) -> None:
    made = project.write(".nox/quick/bin/python", f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    made.chmod(0o755)
    project.write("requirements/quick.txt", "tool==1\n")
    whole = find_project(project.root)
    tier = whole.tier("fast")._replace(session="quick")

    codes, by_nox = [], []
    for installed in ("tool==1\n", "tool==2\n"):
        project.write(".nox/quick/installed-lock.txt", installed)
        codes.append(run_tier(whole, tier, nox=sys.executable))
        said = capfd.readouterr()
        by_nox.append("nox > Running session quick" in said.err)
        assert "RESULT green" in said.out

    assert [ExitCode.GREEN, ExitCode.GREEN] == codes
    assert [False, True] == by_nox


def test_a_tier_that_is_killed_is_not_green(project: TinyProject) -> None:
    made = project.write(".nox/quick/bin/python", "#!/bin/sh\nkill -9 $$\n")
    made.chmod(0o755)
    project.write("requirements/quick.txt", "tool==1\n")
    project.write(".nox/quick/installed-lock.txt", "tool==1\n")
    whole = find_project(project.root)

    tier = whole.tier("fast")._replace(session="quick")
    assert ExitCode.ENVIRONMENT == run_tier(whole, tier, nox=sys.executable)
