"""A smoke from end to end: a tiny real project, pytest for real, each in processes of their own."""

from __future__ import annotations

import errno
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from runbook.smoke.tier import main
from tests.runbook.support import (
    ENGINE,
    PATIENCE,
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
    from pathlib import Path

    from tests.runbook.support import TinyProject

GREEN = ("green", "0", "no")  # verdict, exit status, partial
RED = ("red", "1", "no")
PARTIAL = ("partial", "0", "yes")

FORGER = """
import pytest

@pytest.hookimpl(tryfirst=True)
def pytest_runtest_makereport(item, call):
    report = pytest.TestReport.from_item_and_call(item, call)
    report.outcome = "passed"
    return report
"""


def smoke(project: TinyProject, *arguments: str, **variables: str) -> tuple[str, str, str]:
    """Smoke it; return what a script looks at: verdict, exit status, partial."""
    smoked = project.smoke(*arguments, **variables)
    head, fields = smoked.result
    return head.removeprefix("RESULT "), str(smoked.status), fields["partial"]


def test_a_green_run_says_so_in_two_lines_and_nothing_else(project: TinyProject) -> None:
    project.init()
    project.write(".gitignore", "__pycache__/\n")
    commit = project.commit()

    smoked = project.smoke()

    assert (0, "") == (smoked.status, smoked.err)
    header, _ = smoked.lines
    assert header.startswith(f"SMOKE v1 tier=fast commit={commit[:7]} tree=")
    head, fields = smoked.result
    assert "RESULT green" == head
    counts = {"total": "2", "passed": "2", "failed": "0", "skipped": "0", "missing": "0"}
    assert counts == {key: fields[key] for key in counts}
    assert ("no", "closed") == (fields["partial"], fields["gate"])
    assert (project.root / fields["evidence"] / "events.jsonl").is_file()
    assert " dirty=no " in header
    assert f" run={fields['evidence'].rpartition('/')[2]}" in header
    assert " dirty=no " in project.smoke().lines[0], "a run must not make its own tree dirty"


def test_a_red_run_has_a_line_for_each_failure_high_first(project: TinyProject) -> None:
    project.write(
        "tests/test_app.py",
        module(
            row_test("test_normal", "assert 1 == 2"),
            row_test("test_high", 'assert "absent" == "present", "a note"', severity="high"),
            "def test_rowless():\n    raise OSError('boom\\nsecond line')\n\n\n",
            row_test("test_passes"),
        ),
    )

    smoked = project.smoke()

    assert 1 == smoked.status
    heads = ["FAIL test_high", "FAIL test_normal", "FAIL test_rowless"]
    assert heads == [head for head, _ in smoked.fails]
    high, normal, rowless = (fields for _, fields in smoked.fails)
    assert {
        "severity": "high",
        "at": "tests/test_app.py:13",
        "want": "absent",
        "got": "present",
        "cause": "it broke",
        "suspects": "app.py",
        "next": engine_call("explain test_high"),
    } == high
    assert ("1", "2", "tests/test_app.py:8") == (normal["want"], normal["got"], normal["at"])
    assert {"severity", "at", "got"} == rowless.keys()
    assert "OSError: boom" == rowless["got"]
    head, fields = smoked.result
    assert ("RESULT red", "3", "1") == (head, fields["failed"], fields["passed"])


def test_every_way_not_to_pass_has_its_outcome(project: TinyProject) -> None:
    bodies = {
        "pass": "passed",
        "pytest.skip('not here')": "skipped",
        "pytest.xfail('known')": "skipped",
        "pytest.importorskip('no_such_module')": "skipped",
        "pytest.fail('on purpose')": "failed",
        "raise SystemExit(0)": "failed",
        "import warnings; warnings.warn('an error here')": "failed",
        "import threading; t = threading.Thread(target=1); t.start(); t.join()": "failed",
    }
    tests = [row_test(f"test_{number}", body) for number, body in enumerate(bodies)]
    expected = {
        f"tests/test_app.py::test_{number}": outcome
        for number, outcome in enumerate(bodies.values())
    }
    marks = {"xfail(strict=True)": "failed", "xfail": "skipped", "skip": "skipped"}
    for number, (mark, outcome) in enumerate(marks.items()):
        tests.append(f"@pytest.mark.{mark}\n" + row_test(f"test_mark_{number}"))
        expected[f"tests/test_app.py::test_mark_{number}"] = outcome
    project.write("tests/test_app.py", module(*tests))

    smoked = project.smoke("--json", "-")

    assert expected == json.loads(smoked.out)["tests"]
    assert 1 == smoked.status


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        ("pytest.skip('not here')", PARTIAL),
        ("pytest.exit('enough', returncode=0)", PARTIAL),
        ("os._exit(0)", ("red", "1", "yes")),
        ("os.kill(os.getpid(), 9)", ("red", "1", "yes")),
    ],
)
def test_a_run_in_which_a_test_does_not_plainly_pass_is_never_green(
    project: TinyProject, body: str, verdict: tuple[str, str, str]
) -> None:
    project.write("tests/test_app.py", module(row_test("test_one", body), row_test("test_two")))

    assert verdict == smoke(project)


@pytest.mark.parametrize(
    ("conftest", "body", "verdict"),
    [
        ("def pytest_collection_modifyitems(items): del items[0]", "pass", PARTIAL),
        ("def pytest_sessionfinish(session): session.exitstatus = 0", "assert 0", RED),
        (FORGER, "assert 0", RED),
        ("def pytest_runtest_logreport(report): raise ValueError", "pass", ("red", "1", "yes")),
        ("def pytest_unconfigure(config): raise ValueError", "pass", RED),
    ],
    ids=["drops a test", "says all went well", "forges reports", "breaks", "breaks at the end"],
)
def test_a_conftest_cannot_make_a_bad_run_green(
    project: TinyProject, conftest: str, body: str, verdict: tuple[str, str, str]
) -> None:
    project.write("tests/conftest.py", conftest + "\n")
    project.write("tests/test_app.py", module(row_test("test_one", body), row_test("test_two")))

    assert verdict == smoke(project)


def test_a_parameter_that_was_left_out_is_missed(project: TinyProject) -> None:
    parameters = '@pytest.mark.parametrize("value", ["a", "yy::y"])\n'
    project.write("tests/test_app.py", module(row_test("test_one", parameters=parameters)))

    assert PARTIAL == smoke(project, "-k", "not yy")
    assert PARTIAL == smoke(project, "tests/test_app.py::test_one[a]")


def test_the_rows_of_parameters_keep_their_names(project: TinyProject) -> None:
    parameters = '@pytest.mark.parametrize("value", ["a", "b::c d"])\n'
    body = 'assert "a" == value'
    project.write("tests/test_app.py", module(row_test("test_one", body, parameters=parameters)))

    ((head, fields),) = project.smoke().fails

    assert 'FAIL "test_one[b::c d]"' == head
    assert engine_call("explain test_one") == fields["next"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["-k", "one or nothing", "--", "-v"],
        ["tests/test_app.py::test_one"],
        ["--deselect", "tests/test_app.py::test_two"],
        ["--collect-only"],
    ],
    ids=" ".join,
)
def test_a_filtered_run_is_partial_and_exits_0(project: TinyProject, arguments: list[str]) -> None:
    assert PARTIAL == smoke(project, *arguments)


@pytest.mark.parametrize(
    ("arguments", "complaint", "near"),
    [
        (["-k", "test_onne"], "no test matches: -k test_onne", "test_one"),
        (
            ["tests/test_ap.py"],
            "file or directory not found: tests/test_ap.py",
            "tests/test_app.py",
        ),
        (["tests/test_app.py::test_tow"], "not found: ", "test_two"),
        (["--no-such-option"], "unrecognized arguments: --no-such-option", ""),
        (["-k", "one or"], "expected ", "test_one"),
    ],
    ids=["pattern", "file", "node id", "option", "expression"],
)
def test_a_wrong_call_is_told_with_the_nearest_names(
    project: TinyProject, arguments: list[str], complaint: str, near: str
) -> None:
    smoked = project.smoke(*arguments)

    assert 2 == smoked.status
    error = smoked.err[smoked.err.rindex("error: ") :]
    assert complaint in error
    assert near in error.partition("next: ")[2]
    assert "RESULT partial" == smoked.result[0]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--tier", "fats"], "no tier is called 'fats'; there are: fast"),
        (["--json"], "expected one argument"),
        (["--json", "no/such/folder.json"], "--json no/such/folder.json: No such file"),
    ],
)
def test_a_wrong_call_of_the_engine_itself_is_told(
    project: TinyProject, arguments: list[str], complaint: str
) -> None:
    smoked = project.smoke(*arguments)

    assert (2, "") == (smoked.status, smoked.out)
    assert complaint in smoked.err
    assert "Traceback" not in smoked.err


def test_a_malformed_row_is_told_with_its_place(project: TinyProject) -> None:
    project.write("tests/test_app.py", module(row_test("test_one", severity="huge")))

    smoked = project.smoke()

    assert (2, "") == (smoked.status, smoked.out)
    assert "error: tests/test_app.py:7: the row of test_one has severity 'huge'" in smoked.err


def test_a_file_that_cannot_be_collected_is_red(project: TinyProject) -> None:
    project.write("tests/test_more.py", "import no_such_module\n")

    smoked = project.smoke()

    assert 1 == smoked.status
    (head, fields), *_ = smoked.fails
    assert "FAIL session" == head
    assert "tests/test_more.py cannot be collected" in fields["why"]
    assert "no_such_module" in fields["why"]


def test_a_module_of_the_app_that_is_no_python_is_named_and_not_the_test_alone(
    project: TinyProject,
) -> None:
    project.write("app.py", "ok = True\n<<<<<<< HEAD\n")
    project.write("tests/test_more.py", "import sys\nsys.path.insert(0, '.')\nimport app\n")

    (_, fields), *_ = project.smoke().fails

    why = "tests/test_more.py cannot be collected: SyntaxError: invalid syntax at app.py:2"
    assert why == fields["why"]


def test_fixtures_that_do_not_import_are_named_and_no_tests_beside_them(
    project: TinyProject,
) -> None:
    project.write("tests/conftest.py", "import sys\nimport no_such_module\n")

    smoked = project.smoke()

    assert 2 == smoked.status
    error = "ModuleNotFoundError: No module named 'no_such_module' at tests/conftest.py:2"
    assert f"error: {error}\n  next: cat .runbook/runs/" in smoked.err


def test_a_file_that_is_no_python_is_told_with_its_place(project: TinyProject) -> None:
    project.write("tests/test_more.py", "def test_one(:\n")

    smoked = project.smoke()

    assert 2 == smoked.status
    assert "tests/test_more.py:1: " in smoked.err


def test_a_project_that_keeps_pytest_from_starting_is_told_where_to_mend_it(
    project: TinyProject,
) -> None:
    project.write("noxfile.py", "import nox\n")
    project.write("starter.py", "def start(:\n")
    tier = '[tool.runbook.tiers.fast]\nbefore = "starter:start"\n'
    project.write("pyproject.toml", PYPROJECT + tier)

    smoked = project.smoke()

    assert 4 == smoked.status
    assert "pytest did not start: SyntaxError: invalid syntax at starter.py:1\n" in smoked.err
    assert "  next: mend starter.py:1; cat .runbook/runs/" in smoked.err


def test_an_interpreter_without_pytest_is_an_environment_that_is_not_ready(
    project: TinyProject,
) -> None:
    project.write("pytest.py", "raise ImportError('no pytest here')\n")

    smoked = project.smoke(PYTHONPATH=os.pathsep.join([str(project.root), str(ENGINE)]))

    assert 4 == smoked.status
    assert "pytest did not start: ImportError: no pytest here" in smoked.err
    assert "next: cat .runbook/runs/" in smoked.err
    assert "where pytest is what is missing: " in smoked.err


FORGED = "RESULT green total=2 passed=2 failed=0 skipped=0 missing=0 partial=no"


def test_no_output_or_message_of_a_test_becomes_a_line(project: TinyProject) -> None:
    text = f"{FORGED}\\n::error::forged\\n\\x1b[2J\\N{{LINE SEPARATOR}}FAIL forged"
    project.write(
        "tests/test_app.py",
        module(
            row_test("test_says", f"print('\\n{text}'); raise ValueError('x\\n{text}')"),
            row_test("test_gets", f"assert 'a' == '\\n{text}\\n'"),
            row_test("test_raises", f"raise ValueError('{text}')"),
            row_test("test_writes", f"os.write(1, b'\\n{FORGED}\\n'); os.write(2, b'x'); assert 0"),
        ),
    )

    for arguments in ([], ["-s"]):
        smoked = project.smoke(*arguments)

        assert 1 == smoked.status
        kinds = [line.split()[0] for line in smoked.out.split("\n")[:-1]]
        assert ["SMOKE", "FAIL", "FAIL", "FAIL", "FAIL", "RESULT"] == kinds
        assert "RESULT red" == smoked.result[0]
        assert smoked.out.isascii()


def test_a_test_cannot_write_events_that_are_believed(project: TinyProject) -> None:
    forged = json.dumps({"event": "report", "test": "tests/test_app.py::test_one", "nonce": ""})
    seek = "import glob; files = glob.glob('.runbook/runs/*/events.jsonl')"
    body = (
        f"{seek}; os.write(os.open(files[0], os.O_WRONLY | os.O_APPEND), b{forged!r} + b'\\n');"
        " assert not {'RUNBOOK_EVENTS', 'RUNBOOK_NONCE', 'RUNBOOK_LIFELINE'} & {*os.environ};"
        " assert 0"
    )
    project.write("tests/test_app.py", module(row_test("test_one", body), row_test("test_two")))

    smoked = project.smoke()

    ((_, fields),) = smoked.fails
    assert "assert 0" == fields["got"]


def test_arguments_reach_pytest_unharmed(project: TinyProject) -> None:
    project.write(
        "tests/conftest.py",
        "def pytest_addoption(parser):\n    parser.addoption('--told', action='append')\n\n\n"
        "def pytest_configure(config):\n"
        "    with open('told', 'w') as file:\n"
        "        file.write(repr((config.option.told, config.option.keyword)))\n",
    )
    odd = ["a b", "*", "$HOME", "'q'", '"', "--tier", "", "\N{SNOWMAN}"]

    arguments = ["tests", *(f"--told={word}" for word in odd), "-k", "one or  two"]
    assert GREEN == smoke(project, *arguments, "--", "--told=--json")

    told = (project.root / "told").read_text(encoding="utf-8")
    assert repr(([*odd, "--json"], "one or  two")) == told


def test_paths_with_spaces_are_run(project: TinyProject) -> None:
    project.write("more tests/test_more.py", module(row_test("test_more")))
    tier = '[tool.runbook.tiers.fast]\ntests = ["tests", "more tests"]\n'
    project.write("pyproject.toml", PYPROJECT + tier)

    assert GREEN == smoke(project)
    assert PARTIAL == smoke(project, "more tests/test_more.py::test_more")


def test_settings_of_a_folder_above_do_not_reach_a_project(project: TinyProject) -> None:
    """Pytest takes the nearest file with settings for its root, and a project may have none."""
    (project.root.parent / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    project.write("pyproject.toml", "")

    assert GREEN == smoke(project, "-p", "runbook.plugin")


def test_the_variables_of_a_tier_are_set_for_its_tests(project: TinyProject) -> None:
    tier = '[tool.runbook.tiers.fast]\nenvironment = {SMOKED = "a b"}\n'
    project.write("pyproject.toml", PYPROJECT + tier)
    body = "assert ('a b', '80') == (os.environ['SMOKED'], os.environ['COLUMNS'])"
    project.write("tests/test_app.py", module(row_test("test_one", body)))

    assert GREEN == smoke(project, COLUMNS="80"), "a width that the caller sets is kept"


def test_what_bends_a_run_stands_in_its_first_line(project: TinyProject) -> None:
    tier = '[tool.runbook.tiers.fast]\nvariables = ["SHOP_*"]\n'
    project.write("pyproject.toml", PYPROJECT + tier)

    bent = project.smoke(SHOP_STORE="files on disk", SHOP_AGE="1", SHIP="2")

    assert "SHOP_AGE=1 SHOP_STORE=files on disk" == parse(bent.lines[0])[1]["with"]
    assert "with" not in parse(project.smoke().lines[0])[1]


@pytest.mark.parametrize(
    ("session", "told"), [("fast", None), ("fast(oldest)", "fast(oldest)"), ("", None)]
)
def test_a_session_of_another_name_than_the_tiers_stands_in_the_first_line(
    project: TinyProject, session: str, told: str | None
) -> None:
    """Of several in one call, each says which it is where its lines are read."""
    smoked = project.smoke(NOX_CURRENT_SESSION=session)

    assert told == parse(smoked.lines[0])[1].get("session")


def test_the_json_file_says_what_the_lines_say(project: TinyProject) -> None:
    project.write(
        "tests/test_app.py", module(row_test("test_one", "assert 1 == 2"), row_test("test_two"))
    )

    smoked = project.smoke("--json", "run.json")

    run = json.loads((project.root / "run.json").read_bytes())
    assert ("smoke/1", "red", 1, "fast") == (
        run["schema"],
        run["verdict"],
        run["exit_code"],
        run["tier"],
    )
    assert {
        "tests/test_app.py::test_one": "failed",
        "tests/test_app.py::test_two": "passed",
    } == run["tests"]
    ((_, line),) = smoked.fails
    (failure,) = run["failures"]
    assert line["at"] == failure["at"]
    assert ("1", "2", "call", ["app.py"]) == tuple(
        failure[key] for key in ("want", "got", "phase", "suspects")
    )
    _, fields = smoked.result
    assert run == json.loads((project.root / fields["evidence"] / "result.json").read_bytes())
    assert fields["evidence"] == run["evidence"]


def test_json_to_standard_output_stands_there_alone(project: TinyProject) -> None:
    smoked = project.smoke("--json", "-")

    assert "green" == json.loads(smoked.out)["verdict"]
    assert smoked.err.splitlines()[-1].startswith("RESULT green")


def test_no_result_of_an_earlier_run_is_left_to_be_taken_for_this_one(project: TinyProject) -> None:
    project.write("run.json", '{"verdict": "green"}')
    project.write("tests/test_app.py", module(row_test("test_one", severity="huge")))

    assert 2 == project.smoke("--json", "run.json").status

    record = json.loads((project.root / "run.json").read_bytes())
    assert ("error/1", "usage", 2) == (record["schema"], record["verdict"], record["exit_code"])


def test_the_exit_code_is_left_for_a_caller_behind_nox(
    project: TinyProject, tmp_path: Path
) -> None:
    body = "assert 'RUNBOOK_EXIT_CODES' not in os.environ; assert 0"
    project.write("tests/test_app.py", module(row_test("test_one", body)))

    (tmp_path / "codes").write_text("0\n", encoding="utf-8")

    project.smoke(RUNBOOK_EXIT_CODES=str(tmp_path / "codes"))

    assert "0\n1\n" == (tmp_path / "codes").read_text(encoding="utf-8")


def test_what_pytest_is_asked_for_is_shown_and_not_judged(project: TinyProject) -> None:
    asked = project.smoke("--version")
    assert 0 == asked.status
    assert f"pytest {pytest.__version__}" in asked.out + asked.err

    listed = project.smoke("--collect-only", "-q")
    assert "tests/test_app.py::test_one" in listed.lines


def test_a_reader_that_goes_away_does_not_break_the_run(project: TinyProject) -> None:
    smoke_command = shlex.join([sys.executable, "-m", "runbook.smoke"])
    script = f"{smoke_command} | head -1; exit ${{PIPESTATUS[0]}}"

    done = completed(["bash", "-c", script], cwd=project.root, env=engine_environment())

    assert (0, "") == (done.returncode, done.stderr)


def test_a_disk_that_is_full_is_an_environment_that_is_not_ready(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    (tmp_path / "pyproject.toml").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("runbook.smoke.tier._smoke", full)

    assert 4 == main(["--json", "said.json"])
    want = "error: the disk: No space left on device\n  next: free some space\n"
    assert want == capsys.readouterr().err
    assert "environment" == json.loads((tmp_path / "said.json").read_bytes())["verdict"]


@pytest.mark.parametrize("closed", ["0<&-", "1>&-", "2>&-", "0<&- 1>&- 2>&-"])
@pytest.mark.parametrize("command", ["-m runbook.smoke", "-m runbook run"])
def test_a_standard_stream_that_is_closed_does_not_break_the_run(
    project: TinyProject, closed: str, command: str
) -> None:
    done = completed(
        ["bash", "-c", f"{shlex.quote(sys.executable)} {command} --json said.json {closed}"],
        cwd=project.root,
        env=engine_environment(),
    )

    assert (0, "") == (done.returncode, done.stderr)
    assert "green" == json.loads((project.root / "said.json").read_bytes())["verdict"]


# A test that says its process id, then waits to be ended.
_WAITS = (
    "import time, pathlib; pathlib.Path('pid').write_text(str(os.getpid()));"
    " os.rename('pid', 'running'); time.sleep(600)"
)


@pytest.mark.parametrize(
    ("number", "statuses"),
    [(signal.SIGINT, {130}), (signal.SIGKILL, {-9}), (signal.SIGTERM, {-15})],
)
def test_pytest_ends_with_the_engine(
    project: TinyProject, number: signal.Signals, statuses: set[int]
) -> None:
    project.write("tests/test_app.py", module(row_test("test_one", _WAITS), row_test("test_two")))
    with subprocess.Popen(
        project.smoke_command(),
        cwd=project.root,
        env=engine_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        text=True,
    ) as engine:
        wait_until((project.root / "running").exists, "the start of the test")
        tester = int((project.root / "running").read_text(encoding="utf-8"))

        if number is signal.SIGINT:
            os.killpg(engine.pid, number)  # as the terminal does
        else:
            engine.send_signal(number)

        out, err = engine.communicate(timeout=PATIENCE)
        assert engine.returncode in statuses
        wait_until(lambda: not is_alive(tester), "the end of pytest")
    assert "Traceback" not in err
    assert ("RESULT partial" in out) is (number is signal.SIGINT)


def test_ctrl_c_while_the_engine_asks_git_is_left_to_pytest(project: TinyProject) -> None:
    project.write("tests/test_app.py", module(row_test("test_one", _WAITS), row_test("test_two")))
    project.init()
    project.commit()
    git = shutil.which("git")
    interrupting = f"""#!/bin/sh
if [ ! -e interrupted ]; then
  while [ ! -e running ]; do sleep 0.01; done
  touch interrupted
  kill -INT 0
fi
exec {git} "$@"
"""
    programs = project.root.parent / "programs"
    programs.mkdir()
    (programs / "git").write_text(interrupting, encoding="utf-8")
    (programs / "git").chmod(0o755)

    done = subprocess.run(
        project.smoke_command(),
        cwd=project.root,
        env={**engine_environment(), "PATH": f"{programs}:{os.environ['PATH']}"},
        capture_output=True,
        start_new_session=True,
        timeout=PATIENCE,
        text=True,
        check=False,
    )

    assert 130 == done.returncode
    assert "RESULT partial" in done.stdout
    assert " tree=none " not in done.stdout.splitlines()[0]
    assert "Traceback" not in done.stderr


def test_why_git_knows_no_commit_of_somebody_elses_repository_is_said(project: TinyProject) -> None:
    project.init()
    project.commit()
    smoked = project.smoke(GIT_TEST_ASSUME_DIFFERENT_OWNER="1")
    assert " commit=none " in smoked.lines[0]
    assert f"git config --global --add safe.directory '{project.root}'" in smoked.err


def test_two_at_once_do_not_meet(project: TinyProject) -> None:
    body = (
        "import time; name = f'{os.getpid()}.here'; open(name, 'w').close();"
        " deadline = time.monotonic() + 60\n"
        "    while sum(each.endswith('.here') for each in os.listdir('.')) < 2:\n"
        "        assert time.monotonic() < deadline\n"
        "        time.sleep(0.01)"
    )
    project.write("tests/test_app.py", module(row_test("test_one", body)))
    both = [
        subprocess.Popen(
            project.smoke_command(),
            cwd=project.root,
            env=engine_environment(),
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]

    results = [process.communicate(timeout=PATIENCE)[0].splitlines()[-1] for process in both]

    assert [0, 0] == [process.returncode for process in both]
    assert all(result.startswith("RESULT green total=1 passed=1") for result in results)
    assert 2 == len({result.rpartition("=")[2] for result in results})


def test_what_a_test_keeps_is_named_in_its_line_and_in_the_json(project: TinyProject) -> None:
    body = "record_property('evidence', 'kept/here'); assert 1 == 2"
    test = row_test("test_one", body).replace("test_one()", "test_one(record_property)")
    project.write("tests/test_app.py", module(test, row_test("test_two", "assert 3 == 4")))

    smoked = project.smoke("--json", "run.json")

    fails = [line for line in smoked.out.splitlines() if line.startswith("FAIL")]
    said = json.loads((project.root / "run.json").read_text(encoding="utf-8"))["failures"]
    assert [True, False] == [" evidence=kept/here " in line for line in fails]
    assert ["kept/here", ""] == [failure["evidence"] for failure in said]


def test_tests_find_the_folder_of_their_run(project: TinyProject) -> None:
    body = "open(os.environ['RUNBOOK_EVIDENCE'] + '/picture.png', 'w').close()"
    project.write("tests/test_app.py", module(row_test("test_one", body)))

    smoked = project.smoke()

    folder = smoked.out.splitlines()[-1].rpartition("evidence=")[2]
    assert (project.root / folder / "picture.png").is_file()


def test_why_a_test_was_skipped_is_said_to_a_person(project: TinyProject) -> None:
    project.write("tests/test_app.py", module(row_test("test_one", "pytest.skip('no browser')")))

    whole, filtered = project.smoke(), project.smoke("-k", "one")

    assert "note: skipped: test_one (no browser)\n" in whole.err
    assert "note:" not in filtered.err


def test_two_tiers_are_run_as_one(project: TinyProject) -> None:
    tiers = (
        '[tool.runbook.tiers.fast]\ntests = ["tests/test_app.py"]\nbefore = "starter:one"\n'
        '[tool.runbook.tiers.slow]\ntests = ["more"]\nbefore = "starter:two"\n'
    )
    project.write("pyproject.toml", PYPROJECT + tiers)
    project.write(
        "starter.py", "import sys\ndef one(): sys.ones = 1\ndef two(): sys.twos = sys.ones\n"
    )
    project.write(
        "more/test_more.py", module(row_test("test_three", "import sys; assert sys.twos"))
    )

    smoked = project.smoke("--tier", "fast+slow")

    header, result = smoked.out.splitlines()
    assert " tier=fast+slow " in header
    assert result.startswith("RESULT green total=3 passed=3 ")


def test_many_failures_are_cut_to_what_a_person_reads_and_kept_for_an_editor(
    project: TinyProject,
) -> None:
    tests = [row_test(f"test_{number:02}", "assert 0") for number in range(35)]
    project.write("tests/test_app.py", module(*tests))

    smoked = project.smoke()

    assert 30 == len(smoked.lines)
    head, fields = parse(smoked.lines[-2])
    assert ("CUT", "8") == (head, fields["failures"])
    told = json.loads((project.root / fields["in"]).read_text())["failures"]
    assert 35 == len(told)
    quickfix = project.root / ".runbook" / "failures.txt"
    assert [f"{each['at']}:" for each in told] == [
        line.split(" ")[0] for line in quickfix.read_text().splitlines()
    ]

    project.write("tests/test_app.py", module(row_test("test_one")))
    assert 2 == len(project.smoke().lines)
    assert "" == quickfix.read_text()
