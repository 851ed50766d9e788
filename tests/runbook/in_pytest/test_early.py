"""Something is started before pytest is imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.runbook.support import PYPROJECT, module, row_test

if TYPE_CHECKING:
    from tests.runbook.support import TinyProject

STARTER = """
import sys

def start():
    sys.modules["started"] = "pytest" in sys.modules
"""


def test_a_tier_calls_its_function_before_pytest_is_there(project: TinyProject) -> None:
    project.write("starter.py", STARTER)
    tier = '[tool.runbook.tiers.fast]\nbefore = "starter:start"\n'
    project.write("pyproject.toml", PYPROJECT + tier)
    body = "import sys; assert sys.modules['started'] is False"
    project.write("tests/test_app.py", module(row_test("test_one", body)))

    smoked = project.smoke()

    assert (0, "RESULT green") == (smoked.status, smoked.result[0]), smoked.out


def test_a_function_that_fails_is_an_environment_that_is_not_ready(project: TinyProject) -> None:
    tier = '[tool.runbook.tiers.fast]\nbefore = "no_such_module:start"\n'
    project.write("pyproject.toml", PYPROJECT + tier)

    smoked = project.smoke()

    assert 4 == smoked.status
    assert (
        "pytest did not start: ModuleNotFoundError: No module named 'no_such_module'" in smoked.err
    )


def test_what_it_says_is_missing_is_said_with_its_next_step(project: TinyProject) -> None:
    raising = "raise EnvironmentNotReady('no browser', next_step='install one')"
    starter = f"from runbook.errors import EnvironmentNotReady\ndef start(): {raising}\n"
    project.write("starter.py", starter)
    tier = '[tool.runbook.tiers.fast]\nbefore = "starter:start"\n'
    project.write("pyproject.toml", PYPROJECT + tier)

    smoked = project.smoke()

    assert 4 == smoked.status
    assert "error: pytest did not start: no browser\n  next: install one\n" in smoked.err


def test_what_is_to_be_done_at_the_end_is_done(project: TinyProject) -> None:
    noting = "lambda: print(open('ended', 'w').write('ended'))"
    project.write("starter.py", f"import atexit\ndef start(): atexit.register({noting})\n")
    tier = '[tool.runbook.tiers.fast]\nbefore = "starter:start"\n'
    project.write("pyproject.toml", PYPROJECT + tier)
    project.write("tests/test_app.py", module(row_test("test_one", "assert 1 == 2")))

    smoked = project.smoke()

    assert (1, "RESULT red") == (smoked.status, smoked.result[0]), smoked.out
    assert "ended" == (project.root / "ended").read_text(encoding="utf-8")


def test_a_wrong_option_is_told_as_without_a_function(project: TinyProject) -> None:
    project.write("starter.py", STARTER)
    tier = '[tool.runbook.tiers.fast]\nbefore = "starter:start"\n'
    project.write("pyproject.toml", PYPROJECT + tier)

    smoked = project.smoke("--no-such-option")

    assert 2 == smoked.status
    assert "\nerror: unrecognized arguments: --no-such-option\n" in smoked.err, smoked.err


def test_garbage_of_the_tests_is_collected_as_ever(project: TinyProject) -> None:
    dropped = "import gc; made = []; made.append(made); del made"
    body = f"{dropped}; assert gc.isenabled() and gc.collect() > 0 and gc.get_freeze_count() > 0"
    project.write("tests/test_app.py", module(row_test("test_one", body)))

    smoked = project.smoke()

    assert (0, "RESULT green") == (smoked.status, smoked.result[0]), smoked.out
