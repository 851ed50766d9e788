"""The plugin: what it makes of a failure, and what it shows under plain pytest in any project."""

from __future__ import annotations

import json
import shutil
import sys
import tomllib
from typing import TYPE_CHECKING

import pytest

from tests.runbook.support import ROOT, completed, engine_environment, module, parse, row_test

if TYPE_CHECKING:
    from pathlib import Path

    from tests.runbook.support import TinyProject


def failures(project: TinyProject, *bodies: str) -> list[tuple[str, str, str]]:
    """Run a test for each body; return what each FAIL line wants, got, and the line of it."""
    tests = (row_test(f"test_{number}", body) for number, body in enumerate(bodies))
    source = module(*tests)
    project.write("tests/test_app.py", source)
    lines = [fields for _, fields in project.smoke().fails]
    text = [*source.splitlines(), ""]
    at = [text[int(fields["at"].rpartition(":")[2]) - 1].strip() for fields in lines]
    return [(f.get("want", "-"), f["got"], place) for f, place in zip(lines, at, strict=True)]


def test_a_comparison_says_what_it_wanted_and_got(project: TinyProject) -> None:
    comparisons = {
        "assert 1 == 2": ("1", "2"),
        "assert 'a' == 'b', 'a note'": ("a", "b"),
        "assert 7 <= 5": ("<= 5", "7"),
        "assert 'x' is None": ("is None", "x"),
        "assert 'card' in '<html>'": ("contains card", "<html>"),
        "assert 'card' not in 'a card'": ("does not contain card", "a card"),
        "assert [1, 2] == [1, 3]": ("[1, 2]", "[1, 3]"),
        "assert (\n        1 ==\n        2\n    )": ("1", "2"),
    }

    expected = [(want, got, body.splitlines()[0]) for body, (want, got) in comparisons.items()]
    assert expected == failures(project, *comparisons)


def test_any_other_failure_says_its_message(project: TinyProject) -> None:
    messages = {
        "assert not 'told'": "assert not 'told'",
        "assert 0, 'a note'": "a note",
        "pytest.fail('on purpose')": "on purpose",
        "raise KeyError('k')": "KeyError: 'k'",
        "raise RuntimeError": "RuntimeError",
        "raise AssertionError": "AssertionError",
    }

    expected = [("-", got, body) for body, got in messages.items()]
    assert expected == [(w, g.partition("\n")[0], p) for w, g, p in failures(project, *messages)]


def test_a_comparison_that_held_is_not_taken_for_the_failure(project: TinyProject) -> None:
    said = "assert not (502 == 502 and True), 'the app does not start'"
    one_of_two = "assert 1 == 1 and 2 == 3"

    expected = [("-", "the app does not start", said), ("2", "3", one_of_two)]
    assert expected == failures(project, said, one_of_two)


def test_a_comparison_that_was_caught_is_not_taken_for_the_failure(project: TinyProject) -> None:
    """As in a loop that asserts until it is so."""
    caught = "try:\n        assert 'early' == 'x'\n    except AssertionError: pass\n    "

    found = failures(project, f"{caught}assert not 'late'", f"{caught}raise AssertionError('own')")

    assert [("-", "assert not 'late'"), ("-", "own")] == [(want, got) for want, got, _ in found]


def test_a_comparison_in_a_helper_is_the_failure_and_placed_in_the_test(
    project: TinyProject,
) -> None:
    helper = "from helper import same; same(1, 2)"
    project.write("tests/conftest.py", "import sys\nsys.path.insert(0, 'tests')\n")
    project.write(
        "tests/helper.py", "def same(want, got):\n    if want != got: raise AssertionError(want)\n"
    )

    assert [("-", "1", helper)] == failures(project, helper)


def test_an_error_says_where_in_the_project_it_arose(project: TinyProject) -> None:
    project.write("tests/conftest.py", "import sys\nsys.path.insert(0, '.')\n")
    project.write("app.py", "def serve():\n    return {}['k']\n")
    project.write("broken.py", "def serve(:\n")

    messages = [got for _, got, _ in failures(project, "import app; app.serve()", "import broken")]

    assert "KeyError: 'k' at app.py:2" == messages[0]
    assert messages[1].startswith("SyntaxError: ")
    assert messages[1].endswith(" at broken.py:1")


FIXTURES = """
@pytest.fixture
def breaks():
    raise OSError("no disk")

@pytest.fixture
def leaves():
    yield
    raise OSError("left")

class Shy:
    def __repr__(self):
        raise ValueError("shy")

"""


def test_whatever_breaks_around_a_test_is_red_and_told(project: TinyProject) -> None:
    subtest = "\n    with subtests.test('a'):\n        assert 1 == 2"
    source = module(
        FIXTURES,
        row_test("test_setup").replace("()", "(breaks)"),
        row_test("test_teardown").replace("()", "(leaves)"),
        row_test("test_subtest", subtest).replace("():", "(subtests):"),
        row_test("test_shy", "assert 1 == Shy()"),
    )
    project.write("tests/test_app.py", source)

    smoked = project.smoke()

    told: dict[str, list[str]] = {}
    for head, fields in smoked.fails:
        told.setdefault(head.removeprefix("FAIL "), []).append(fields["got"])
    assert ["OSError: no disk"] == told["test_setup"]
    assert ["OSError: left"] == told["test_teardown"]
    assert "2" in told["test_subtest"]
    assert 1 == len(told["test_shy"])
    assert ("RESULT red", "4", "0") == (
        smoked.result[0],
        smoked.result[1]["failed"],
        smoked.result[1]["passed"],
    )
    at = {head: fields["at"] for head, fields in smoked.fails}
    line = source.splitlines().index('    raise OSError("no disk")') + 1
    assert f"tests/test_app.py:{line}" == at["FAIL test_setup"]


def test_plain_pytest_shows_the_rows_that_are_red_high_first(project: TinyProject) -> None:
    tests = [
        row_test("test_normal", "assert 1 == 2"),
        row_test("test_high", "assert 3 == 4", severity="high"),
        "def test_rowless(): assert 0\n\n\n",
        row_test("test_passes"),
    ]
    project.write("tests/test_app.py", module(*tests))

    done = project.plain_pytest()

    assert 1 == done.returncode
    section = done.stdout.partition(" runbook ===")[2]
    lines = [parse(line) for line in section.splitlines() if line.startswith("FAIL ")]
    assert ["FAIL test_high", "FAIL test_normal"] == [head for head, _ in lines]
    assert ("3", "4", "tests/test_app.py:13") == tuple(
        lines[0][1][key] for key in ("want", "got", "at")
    )


def test_a_failed_precondition_is_told_behind_its_cause_with_and_without_the_engine(
    project: TinyProject,
) -> None:
    needs = "with precondition('it is up', row='test_up'):\n        assert 1 == 2"
    source = module(
        FIXTURES,
        row_test("test_needs", needs, severity="high"),
        row_test("test_fixture", severity="high").replace("()", "(breaks)"),
        row_test("test_up", "assert 3 == 4"),
    )
    imported = "from runbook.preconditions import precondition\n"
    project.write("tests/test_app.py", imported + source)

    plain = [line for line in project.plain_pytest().stdout.splitlines() if line[:5] == "FAIL "]
    told = [parse(line) for line in plain]
    assert told == project.smoke().fails
    assert ["FAIL test_up", "FAIL test_fixture", "FAIL test_needs"] == [head for head, _ in told]
    assert [
        "it broke",
        "precondition failed: its set-up",
        "precondition failed: it is up; see test_up",
    ] == [fields["cause"] for _, fields in told]


def test_rows_are_shown_and_judged_alike_where_pytest_has_workers(project: TinyProject) -> None:
    tests = [
        row_test("test_normal", "assert 1 == 2"),
        row_test("test_high", "assert 3 == 4", severity="high"),
        row_test("test_passes"),
    ]
    project.write("tests/test_app.py", module(*tests))
    workers = ["-p", "xdist", "-n", "2"]

    plain = project.plain_pytest(*workers).stdout
    smoked = project.smoke("--", *workers)

    assert "2 workers" in plain
    told = [parse(line) for line in plain.splitlines() if line.startswith("FAIL ")]
    assert ["FAIL test_high", "FAIL test_normal"] == [head for head, _ in told]
    assert told == smoked.fails
    assert ("RESULT red", "1", "2", "0") == (
        smoked.result[0],
        *(smoked.result[1][count] for count in ("passed", "failed", "missing")),
    )


def test_plain_pytest_says_nothing_of_the_runbook_when_all_is_green(project: TinyProject) -> None:
    done = project.plain_pytest("--strict-markers")

    assert 0 == done.returncode
    assert "runbook" not in done.stdout
    assert not (project.root / ".runbook").exists()


def test_plain_pytest_refuses_a_malformed_row_with_its_place(project: TinyProject) -> None:
    project.write("tests/test_app.py", module(row_test("test_one", severity="huge")))

    done = project.plain_pytest()

    assert 4 == done.returncode
    assert "ERROR: tests/test_app.py:6: the row of test_one has severity 'huge'" in done.stderr


def test_the_marker_is_explained(project: TinyProject) -> None:
    assert (
        "@pytest.mark.runbook(severity, cause, suspects):"
        in project.plain_pytest("--markers").stdout
    )


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as an installer leaves it: the package, and the entry points of pyproject.toml."""
    site = tmp_path_factory.mktemp("site")
    shutil.copytree(
        ROOT / "bin" / "runbook", site / "runbook", ignore=shutil.ignore_patterns("__pycache__")
    )
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    points = project["entry-points"]["pytest11"]
    metadata = site / "ensemble_runbook-0.1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: ensemble-runbook\nVersion: 0.1.0\n"
    )
    lines = "".join(f"{name} = {value}\n" for name, value in points.items())
    (metadata / "entry_points.txt").write_text(f"[pytest11]\n{lines}", encoding="utf-8")
    return site


def test_another_project_has_the_plugin_once_the_engine_is_installed(
    project: TinyProject, installed: Path
) -> None:
    project.write("pyproject.toml", "")
    project.write("tests/test_app.py", module(row_test("test_one", "assert 1 == 2")))

    for command in ("runbook.smoke", "pytest"):
        done = completed(
            [sys.executable, "-m", command],
            cwd=project.root,
            env=engine_environment({"PYTHONPATH": str(installed)}),
        )

        assert 1 == done.returncode, done.stderr
        assert (
            'FAIL test_one severity=normal at=tests/test_app.py:8 want="1" got="2"' in done.stdout
        )


def test_what_must_fail_leaves_no_trace(project: TinyProject) -> None:
    """Not in pytest's summary, not in its report, not in the project, and not under plain pytest."""
    before = sorted(project.root.rglob("tests/*.py"))

    smoked = project.smoke("--", "-v", "--durations=0", "--junitxml=junit.xml")

    assert "2 passed" in smoked.err
    assert "test_negative" not in smoked.err + (project.root / "junit.xml").read_text(
        encoding="utf-8"
    )
    assert before == sorted(project.root.rglob("tests/*.py"))
    assert "test_negative" not in project.plain_pytest("-v").stdout


def test_every_folder_has_controls_of_their_own_names(project: TinyProject) -> None:
    project.write("tests/more/test_more.py", module(row_test("test_more"), row_test("test_most")))

    project.smoke()

    (events,) = project.root.glob(".runbook/runs/*/events.jsonl")
    lines = [json.loads(line) for line in events.read_bytes().splitlines()]
    controls = [event for event in lines if event["event"] == "control"]
    assert {("tests/test_app.py", "failed"), ("tests/more/test_more.py", "failed")} == {
        (event["test"].partition("::")[0], event["outcome"]) for event in controls
    }
    assert 4 == len({event["test"].partition("::")[2] for event in controls})


def test_a_test_is_itself_in_a_class_with_parameters_or_behind_a_decorator(
    project: TinyProject,
) -> None:
    project.write(
        "tests/test_app.py",
        module(
            "import functools\n\n\ndef kept(test):\n    @functools.wraps(test)\n"
            "    def run():\n        test()\n\n    return run\n\n\n",
            "@kept\n" + row_test("test_wrapped"),
            row_test("test_many", parameters="@pytest.mark.parametrize('value', [1, 2])\n"),
            "class TestOne:\n    "
            + row_test("test_inside").replace("()", "(self)").replace("\n", "\n    ").rstrip(),
            "\n\n    @staticmethod\n    "
            + row_test("test_static").replace("\n", "\n    ").rstrip(),
        ),
    )

    smoked = project.smoke()

    assert ("RESULT green", "4") == (smoked.result[0], smoked.result[1]["passed"])


def test_a_control_stops_in_no_debugger(project: TinyProject) -> None:
    smoked = project.smoke("--", "--pdb")

    assert "RESULT partial" == smoked.result[0]
    assert "(Pdb)" not in smoked.out + smoked.err


def test_pytest_names_each_parameter_of_a_row_where_it_stands(project: TinyProject) -> None:
    many = row_test(
        "test_many",
        "assert value",
        parameters="@pytest.mark.parametrize('value', [0, '', False])\n",
    )
    inside = many.replace("test_many", "test_inside").replace("(value", "(self, value")
    indented = "".join(f"    {line}\n" for line in inside.splitlines())
    project.write("tests/test_app.py", module(many, f"class TestIt:\n{indented}"))

    shown = project.plain_pytest("-rN", "-v").stdout

    heads = [line.strip("_ ") for line in shown.splitlines() if line.startswith("___")]
    names = [
        f"{name}[{value}]"
        for name in ("test_many", "TestIt.test_inside")
        for value in ("0", "", "False")
    ]
    assert names == heads
