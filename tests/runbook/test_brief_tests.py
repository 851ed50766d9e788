"""The sessions that test programs, as somebody reads them who does not sit at a terminal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from runbook.runs.report_lines import MOST_LINES
from tests.runbook.support import completed, engine_environment, parse

if TYPE_CHECKING:
    from tests.runbook.support import TinyProject

LOG = ".runbook/sessions/engine.log"


def brief(project: TinyProject, *arguments: str, **variables: str) -> tuple[int, list[str]]:
    """Test a project as its session does; return the exit status and what was printed."""
    options = ["-p", "brief_tests", "--brief", "engine"]
    done = completed(
        [sys.executable, "-m", "pytest", *options, *arguments],
        cwd=project.root,
        env=engine_environment(variables),
    )
    return done.returncode, done.stdout.splitlines()


def log(project: TinyProject) -> str:
    return (project.root / LOG).read_text(encoding="utf-8")


def test_green_is_one_line(project: TinyProject) -> None:
    project.write("tests/test_app.py", "def test_one():\n    pass\n\n\ndef test_two():\n    pass\n")

    status, (line,) = brief(project)

    assert 0 == status
    head, fields = parse(line)
    assert ("RESULT green", "2", "0", LOG) == (
        head,
        fields["passed"],
        fields["failed"],
        fields["log"],
    )
    assert "2 passed" in log(project)


@pytest.mark.parametrize("workers", [[], ["-p", "xdist", "-n", "2"]], ids=["alone", "workers"])
def test_where_nothing_ran_nothing_is_called_green(
    workers: list[str], project: TinyProject
) -> None:
    project.write(
        "tests/test_app.py",
        "import pytest\n\n\n"
        "@pytest.fixture\ndef browser():\n    pytest.skip('no browser; next: get one')\n\n\n"
        "def test_one(browser):\n    pass\n\n\ndef test_two(browser):\n    pass\n",
    )

    status, (skip, result) = brief(project, *workers)

    assert 0 == status
    assert 'SKIP session why="no browser; next: get one"' == skip
    head, fields = parse(result)
    assert ("RESULT partial", "0", "2") == (head, fields["passed"], fields["skipped"])


@pytest.mark.parametrize("workers", [[], ["-p", "xdist", "-n", "2"]], ids=["alone", "workers"])
def test_red_is_a_line_a_failure_and_what_to_run_next(
    workers: list[str], project: TinyProject
) -> None:
    project.write(
        "tests/test_app.py",
        "import pytest\n\n\n"
        "def test_green():\n    pass\n\n\n"
        "def test_red():\n    assert 'want' == 'got'\n\n\n"
        "@pytest.fixture\ndef broken():\n    yield\n    raise ValueError('in the end')\n\n\n"
        "def test_torn(broken):\n    pass\n",
    )

    status, (*fails, result) = brief(project, *workers)

    assert 1 == status
    places = {head: fields["at"] for head, fields in map(parse, fails)}
    assert {
        "FAIL tests/test_app.py::test_red": "tests/test_app.py:9",
        "FAIL tests/test_app.py::test_torn": "tests/test_app.py:15",
    } == places
    head, fields = parse(result)
    assert ("RESULT red", "1", "2") == (head, fields["passed"], fields["failed"])
    assert fields["next"].startswith("bin/nox -s engine -- -v tests/test_app.py::test_")
    assert "assert 'want' == 'got'" in log(project)
    jumps = (project.root / ".runbook" / "failures.txt").read_text(encoding="utf-8").splitlines()
    assert "tests/test_app.py:9: test_red: got assert 'want' == 'got'" in jumps


def test_an_assertion_with_a_word_of_its_own_says_what_was_compared_too(
    project: TinyProject,
) -> None:
    project.write(
        "tests/test_app.py",
        "def test_red():\n    assert [] == ['it is \"odd\"'], 'the login page'\n",
    )

    _, (fail, _) = brief(project)

    _, fields = parse(fail)
    assert "the login page; assert [] == ['it is \"odd\"']" == fields["got"]


def test_many_failures_fit_on_a_screen(project: TinyProject) -> None:
    project.write(
        "tests/test_app.py",
        "import pytest\n\n\n@pytest.mark.parametrize('n', range(60))\n"
        "def test_red(n):\n    assert n < 0\n",
    )

    _, lines = brief(project)

    assert MOST_LINES == len(lines)
    assert ("CUT", {"lines": "32", "in": LOG}) == parse(lines[-2])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-k", "nosuch"], "no test matches"),
        (
            ["tests/test_nosuch.py"],
            "pytest was called wrongly: file or directory not found: tests/test_nosuch.py",
        ),
    ],
)
def test_what_runs_no_test_is_red(arguments: list[str], said: str, project: TinyProject) -> None:
    project.write("tests/test_app.py", "def test_one():\n    pass\n")

    status, (fail, result) = brief(project, *arguments)

    assert status
    assert (said, "bin/nox -s engine") == (parse(fail)[1]["why"], parse(result)[1]["next"])


def test_a_file_that_does_not_import_is_named(project: TinyProject) -> None:
    project.write("tests/test_app.py", "import nosuch\n")

    status, (fail, _) = brief(project)

    assert status
    head, fields = parse(fail)
    assert ("FAIL tests/test_app.py", "tests/test_app.py:1") == (head, fields["at"])
    assert "No module named 'nosuch'" in fields["got"]


@pytest.mark.parametrize("asked", ["-v", "-s", "--collect-only"])
def test_who_asks_for_more_gets_all_that_pytest_says(asked: str, project: TinyProject) -> None:
    project.write("tests/test_app.py", "def test_one():\n    pass\n")

    _, lines = brief(project, asked)

    assert any("1 passed" in line or "1 test collected" in line for line in lines)
    assert not any(line.startswith("RESULT") for line in lines)
