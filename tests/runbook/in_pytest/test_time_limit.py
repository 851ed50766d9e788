"""What does not end: it is red, says where it was, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.runbook.support import (
    PYPROJECT,
    completed,
    engine_call,
    engine_environment,
    is_alive,
    module,
    parse,
    row_test,
    wait_until,
)

if TYPE_CHECKING:
    from tests.runbook.support import TinyProject

LIMITED = "[tool.runbook]\ntest_seconds = 2\n"
FOR_EVER = "while True:\n        pass"
# What is deaf to signals: it swallows whatever is raised in it.
DEAF = "import signal\n    signal.signal(signal.SIGALRM, signal.SIG_IGN)\n    " + FOR_EVER


@pytest.fixture
def limited(project: TinyProject) -> TinyProject:
    """A project whose tests have two seconds each."""
    project.write("pyproject.toml", PYPROJECT + LIMITED)
    return project


def test_a_test_that_does_not_end_is_red_and_the_others_are_run(limited: TinyProject) -> None:
    limited.write("app.py", "import threading\n\n\ndef waits():\n    threading.Event().wait()\n")
    limited.write("tests/conftest.py", "import sys\nsys.path.insert(0, '.')\n")
    source = module(
        row_test("test_loops", FOR_EVER),
        row_test("test_waits", "import app; app.waits()"),
        row_test("test_tries", f"try:\n        {FOR_EVER}\n    except Exception: pass"),
        row_test("test_ends"),
    )
    limited.write("tests/test_app.py", source.replace("while True:\n        pass", "while 1: pass"))

    smoked = limited.smoke()

    at = {head: (fields["at"], fields["got"]) for head, fields in smoked.fails}
    assert {
        "FAIL test_loops": (
            "tests/test_app.py:8",
            "did not end in 2 s",
        ),
        "FAIL test_waits": ("tests/test_app.py:13", "did not end in 2 s, and was in app.py:5"),
        "FAIL test_tries": (
            "tests/test_app.py:19",
            "did not end in 2 s",
        ),
    } == at
    assert ("RESULT red", "1") == (smoked.result[0], smoked.result[1]["passed"])
    assert engine_call("explain test_loops") == smoked.fails[0][1]["next"]


def test_what_a_second_test_waits_for_in_vain_ends_the_run(limited: TinyProject) -> None:
    limited.write("app.py", "import threading\n\n\ndef waits():\n    threading.Event().wait()\n")
    limited.write("tests/conftest.py", "import sys\nsys.path.insert(0, '.')\n")
    waiting = [row_test(f"test_{name}", "import app; app.waits()") for name in "abc"]
    limited.write("tests/test_app.py", module(*waiting, row_test("test_ends")))

    smoked = limited.smoke()

    assert {
        "FAIL test_a": "did not end in 2 s, and was in app.py:5",
        "FAIL test_b": "stands still in app.py:5, where one before did not end",
    } == {head: fields["got"] for head, fields in smoked.fails}
    assert ("RESULT red", "2", "2") == (
        smoked.result[0],
        smoked.result[1]["failed"],
        smoked.result[1]["missing"],
    )


@pytest.mark.parametrize("place", ["before", "after"])
def test_set_up_and_teardown_are_limited_too(limited: TinyProject, place: str) -> None:
    loop = {"before": "", "after": ""} | {place: "    while True: pass\n"}
    fixture = f"@pytest.fixture\ndef it():\n{loop['before']}    yield\n{loop['after']}\n\n"
    limited.write(
        "tests/test_app.py",
        module(fixture, row_test("test_one").replace("()", "(it)"), row_test("test_two")),
    )

    smoked = limited.smoke()

    [(head, fields)] = smoked.fails
    assert "FAIL test_one" == head
    assert "did not end in 2 s" == fields["got"]


def test_a_file_that_does_not_end_while_it_is_read_is_red(limited: TinyProject) -> None:
    limited.write("tests/test_more.py", "while True:\n    pass\n")

    head, fields = limited.smoke().fails[0]

    assert ("FAIL session", "tests/test_more.py cannot be collected") == (
        head,
        fields["why"].partition(":")[0],
    )


def test_whatever_no_failure_ends_is_ended_with_all_that_it_has_started(
    limited: TinyProject,
) -> None:
    keeps = "subprocess.Popen([sys.executable, keeper.__file__, '--', 'sleep', '600'], stdin=-1)"
    body = f"import subprocess, sys\n    from runbook import keeper\n    kept = {keeps}\n    "
    body += "open('kept', 'w').write(str(kept.pid))\n    "
    limited.write(
        "tests/test_app.py", module(row_test("test_one"), row_test("test_deaf", body + DEAF))
    )

    smoked = limited.smoke()

    [(head, fields)] = smoked.fails
    assert ("FAIL test_deaf", "tests/test_app.py:11") == (head, fields["at"])
    assert "it did not end, and the session did not finish" == fields["got"]
    assert ("RESULT red", "1") == (smoked.result[0], smoked.result[1]["passed"])
    keeper = int((limited.root / "kept").read_text("utf-8"))
    wait_until(lambda: not is_alive(keeper), "the end of what the test had started")


def test_a_run_that_was_stopped_for_a_while_has_not_used_its_time_up(limited: TinyProject) -> None:
    body = "open('begun', 'w').close()\n    while not os.path.exists('go'):\n        pass"
    limited.write("tests/test_app.py", module(row_test("test_one", body)))
    with subprocess.Popen(
        limited.smoke_command(),
        cwd=limited.root,
        env=engine_environment(),
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as run:
        wait_until((limited.root / "begun").exists, "the test")
        os.killpg(run.pid, signal.SIGSTOP)
        time.sleep(3)  # longer than a test may take
        (limited.root / "go").touch()
        os.killpg(run.pid, signal.SIGCONT)
        out, _ = run.communicate()

    assert "RESULT green" == parse(out.splitlines()[-1])[0]


@pytest.mark.parametrize(
    ("body", "typed", "options"),
    [
        ("import time; time.sleep(3)", "", ["--pdb"]),
        ("import time; time.sleep(3)", "continue\n", ["--trace"]),
        ("breakpoint()", "import time; time.sleep(3)\ncontinue\n", []),
    ],
)
def test_whoever_is_in_a_debugger_has_no_limit(
    limited: TinyProject, body: str, typed: str, options: list[str]
) -> None:
    limited.write("tests/test_app.py", module(row_test("test_one", body)))
    done = completed(
        limited.smoke_command(*options), cwd=limited.root, env=engine_environment(), input=typed
    )

    assert "passed=1 failed=0" in done.stdout.splitlines()[-1], done.stdout + done.stderr
    [log] = limited.root.glob(".runbook/runs/*/pytest.log")
    assert "did not end" not in log.read_text("utf-8")  # as a debugger would tell it, and go on


def test_under_plain_pytest_there_is_none(limited: TinyProject) -> None:
    limited.write("tests/test_app.py", module(row_test("test_one", "import time; time.sleep(3)")))
    done = completed([sys.executable, "-m", "pytest"], cwd=limited.root, env=engine_environment())

    assert "1 passed" in done.stdout
