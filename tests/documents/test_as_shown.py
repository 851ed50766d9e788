"""Every command that the leading documents show, typed in a fresh clone, or left to another test for a reason.

What `USE_IT_ELSEWHERE.md` shows is run by ``nox -s wheel``. That tasks, sessions and options exist is checked by
``lint``, of every document; here it is seen that they do what the documents say. That none is missing here is
checked by tests/runbook/documents/test_shown.py, with every run of all checks.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROW = "test_unpublish_removes_canvas_from_grid"
STANDS_FOR = {"TEST": ROW, "SLUG": "checklists", "SHA": "HEAD~1"}
# All that the machine has: what README asks for, some of POSIX, and what `bin/smoke-test.sh` needs besides.
PROGRAMS = (
    *("bash", "git", "python3"),
    *("basename", "cat", "dirname", "env", "ls", "mkdir", "mkfifo", "mktemp", "mv", "rm", "sed"),
    *("sleep", "sort", "tail", "tr", "uname", "wc"),
    *("curl", "jq"),
)
_OTHERS = (
    "RUNBOOK_",
    "NOX",
    "PYTEST_",
    "PYTHON",
    "VIRTUAL_ENV",
    "GIT_",
    "GITHUB_",
    "CI",
    "UV_",
    "XDG_",
    "ORCH_",
    "ENSEMBLE_",
)

# Each broken as one commit among innocent ones: at the end of the file stands what takes the place of the real thing.
BREAKS = {
    "the store": (
        "bin/dashgen/storage/canvas_store.py",
        "JsonFileCanvasStore._remove_from_index = lambda *_, **__: None",
    ),
    "the page": (
        "bin/dashgen/pages/canvas_view.py",
        "def inline_json(value):\n    import json\n    return json.dumps(value)",
    ),
}

MINUTES = "a session of its own, for minutes"
LEFT_TO_OTHERS = {
    "bin/nox": "nox -s workflows-run runs it, as a bare runner would",
    "bin/nox -s drift": "nox -s workflows-run runs it",
    "bin/nox -s browser": "nox -s workflows-run runs it",
    "bin/nox -s panel -- --port 8080": "it serves until Ctrl-C; every smoke starts the same program",
    "bin/nox -s chaos": MINUTES,
    "bin/nox -s fast-stores": MINUTES,
    "bin/nox -s scan": MINUTES,
    "bin/nox -s workflows": MINUTES,
    "bin/nox -s workflows-run": MINUTES,
    "bin/nox -s faults -- ROW --record": "it writes the record; prove, above, is the same without",
    "bin/nox -s playwright -- show-trace FILE": "it opens a window",
    "bin/invoke report --open": "it opens a window; without --open it is run here",
    "bin/invoke install-browsers": "it may install; tests/runbook/test_browsers.py runs each way of it",
    "bin/invoke install-browsers --light": "it downloads; tests/runbook/test_browsers.py runs each way of it",
    "bin/invoke gate.open": "it injects the faults of every high row; tests/runbook/gate opens a gate",
    "bin/invoke docs --transcript": "it rewrites the transcript; tests/runbook/documents/test_transcript.py makes one",
    "bin/invoke find-offending-upgrade": "nox -s wheel runs it with what it needs",
    "bin/invoke new-app": "tests/hub/program/test_scaffold.py runs it with what it needs",
    "bin/invoke run --report-to http://127.0.0.1:8080": "tests/runbook/runs/test_smoke_result.py has a dashboard",
}


@dataclass(frozen=True)
class Typed:
    """A command as it is shown, and what becomes of it.

    Attributes:
        shown: As the document has it.
        says: What stands in its standard output.
        status: Its exit status.
        broken: Which of `BREAKS` was committed before, or empty.
    """

    shown: str
    says: str
    status: int = 0
    broken: str = ""


GREEN = "RESULT green total=16 passed=16"
PARTIAL = "RESULT partial"
TYPED = (
    Typed("bash bin/run_e2e_smoke.sh", GREEN),
    Typed("bash bin/run_e2e_smoke.sh -v", GREEN),
    Typed("bash bin/run_e2e_smoke.sh -k 'unpublish or banner'", PARTIAL),
    Typed("bash bin/run_e2e_smoke.sh tests/integration/test_e2e_visitor_flow.py", PARTIAL),
    Typed("bin/nox -s fast", GREEN),
    Typed("bin/nox -s legal-render", "RESULT green"),
    Typed("bin/nox -s lint", "RESULT green session=lint"),
    Typed("bin/nox -l", "* fast"),
    Typed("bin/invoke --list", "find-offending-commit"),
    Typed("bin/invoke describe --json", '"schema": "describe/1"'),
    Typed("bin/invoke run", GREEN),
    Typed("bin/invoke run --changed", ""),
    Typed("bin/invoke filter visitor", PARTIAL),
    Typed("bin/invoke explain TEST", "_remove_from_index"),
    Typed(f"bin/invoke explain {ROW}", "_remove_from_index"),
    Typed("bin/invoke prove TEST", ROW),
    Typed("bin/invoke verify-evidence", "are as the run left them"),
    Typed("bin/invoke report", ".runbook/reports/"),
    Typed("bin/invoke lock", "every lock is as it was"),
    Typed("bin/invoke docs", "every document is as it was"),
    Typed("bash bin/smoke-test.sh --all", "RESULT green"),
    Typed("bash bin/smoke-test.sh SLUG", "RESULT green"),
    Typed("bin/invoke gate.status", "closed"),
    Typed("bin/invoke gate.close --reason why", "gate closed"),
    Typed("bin/invoke find-offending-commit --test TEST", "found: ", broken="the store"),
    Typed(f"bin/invoke find-offending-commit --test {ROW}", "found: ", broken="the store"),
    Typed("bin/invoke rollback --test TEST --json -", '"next"', broken="the store"),
    Typed("bin/invoke rollback --file canvas_view.py --dry-run", "plan", broken="the page"),
    Typed("bin/invoke rollback --file canvas_view.py", "git merge", broken="the page"),
    Typed("bin/invoke revert-and-resmoke --commit HEAD --dry-run", "plan", broken="the page"),
    Typed("bin/invoke revert-and-resmoke --commit SHA", "git merge", broken="the page"),
)


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This repository's HEAD, on a machine that has made nothing in it yet."""
    folder = tmp_path_factory.mktemp("machine") / "clone"
    for name in ("home", "bin"):
        (folder.parent / name).mkdir()
    for name in PROGRAMS:
        program = sys._base_executable if name == "python3" else shutil.which(name)  # type: ignore[attr-defined]
        assert program, f"{name} is not on PATH"
        (folder.parent / "bin" / name).symlink_to(program)
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
    return folder


@pytest.mark.parametrize("typed", TYPED, ids=lambda typed: typed.shown)
def test_it_does_what_is_said(typed: Typed, clone: Path) -> None:
    prepare(clone, typed.broken)
    words = [STANDS_FOR.get(word, word) for word in shlex.split(typed.shown)]

    done = in_clone(clone, *words)

    assert (typed.status, True) == (done.returncode, typed.says in done.stdout), (
        done.stdout + done.stderr
    )


def prepare(clone: Path, broken: str) -> None:
    """Go back to what was cloned, and commit what is broken with an innocent commit on each side."""
    must(clone, "git", "reset", "--quiet", "--hard", "origin/HEAD")
    if broken:
        file, line = BREAKS[broken]
        for name, text in (("CHANGELOG.md", "noted"), (file, line), ("CHANGELOG.md", "noted")):
            with (clone / name).open("a", encoding="utf-8") as changed:
                changed.write(f"\n\n{text}\n")
            must(clone, "git", "commit", "--quiet", "--all", "--message", f"change {name}")


def must(clone: Path, *words: str) -> None:
    """Run a command that succeeds."""
    done = in_clone(clone, *words)
    assert 0 == done.returncode, done.stderr


def in_clone(clone: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command in the clone, as somebody does who has just come: with few programs, and nothing at home."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_OTHERS)}
    named = {
        f"GIT_{who}_{what}": "ada@example.org"
        for who in ("AUTHOR", "COMMITTER")
        for what in ("NAME", "EMAIL")
    }
    return subprocess.run(
        words,
        cwd=clone,
        env=kept | named | {"PATH": str(clone.parent / "bin"), "HOME": str(clone.parent / "home")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
