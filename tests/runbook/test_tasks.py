"""This project's tasks and sessions, through the real programs."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from runbook.describe import read_tasks
from tests.runbook.support import ROOT, completed

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = re.compile(r"[a-z]+(-[a-z]+)*")


def invoke(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Invoke from another folder, as the launcher does."""
    return completed(
        [sys.executable, "-m", "invoke", "--search-root", str(ROOT), *arguments], cwd=ROOT / "docs"
    )


def test_every_task_can_be_called() -> None:
    """A function that is decorated and not in the namespace is a task that Invoke does not know."""
    tree = ast.parse((ROOT / "tasks.py").read_text(encoding="utf-8"))
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    decorated = {each.name for each in functions if each.decorator_list}
    (namespace,) = (
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "namespace"
    )
    named = {node.id for node in ast.walk(namespace) if isinstance(node, ast.Name)}

    assert decorated == named - {"Collection"}


@pytest.fixture(scope="module")
def described() -> Any:
    """What ``describe --json`` says."""
    done = invoke("describe", "--json")
    assert (0, "") == (done.returncode, done.stderr)
    return json.loads(done.stdout)


def test_the_description_has_its_parts(described: Any) -> None:
    assert ["schema", "tasks", "sessions", "exit_codes"] == list(described)
    assert "describe/1" == described["schema"]
    assert {"0", "1", "2", "4", "5", "6", "125", "130"} == described["exit_codes"].keys()


def test_the_names_that_the_contract_fixes_are_there(described: Any) -> None:
    tasks = {task["name"]: task for task in described["tasks"]}
    sessions = {session["name"].partition("(")[0] for session in described["sessions"]}

    assert {"run", "filter", "explain", "describe", "rows", "lock", "docs"} <= tasks.keys()
    assert {"fast", "legal-render", "engine", "app", "lint", "types"} <= sessions
    assert {"--tier", "--changed", "--json"} <= {
        option["name"] for option in tasks["run"]["options"]
    }
    assert ["pattern"] == tasks["filter"]["positional"]
    assert ["test"] == tasks["explain"]["positional"]


def test_names_are_hyphenated_and_everything_is_explained(described: Any) -> None:
    for entry in (*described["tasks"], *described["sessions"]):
        name = re.sub(r"-3\.\d+$", "", entry["name"].partition("(")[0])
        assert all(NAME.fullmatch(part) for part in name.split(".")), name
        assert entry["help"].endswith("."), entry["name"]
    for task in described["tasks"]:
        assert all(option["name"] == option["name"].lower() for option in task["options"])


def test_the_fast_session_runs_once_by_default_and_on_every_python_by_tag(described: Any) -> None:
    default = {session["name"] for session in described["sessions"] if session["default"]}
    pythons = {session["name"] for session in described["sessions"] if "pythons" in session["tags"]}

    assert "fast" in default
    assert {"fast-on-3.11", "fast-on-3.12", "fast-on-3.13"} == pythons
    assert not pythons & default


def session_functions() -> Iterator[tuple[ast.FunctionDef, dict[str, Any]]]:
    """Yield every session of the noxfile with the arguments of its decorator."""
    noxfile = ast.parse((ROOT / "noxfile.py").read_bytes())
    for node in noxfile.body:
        for decorator in node.decorator_list if isinstance(node, ast.FunctionDef) else ():
            assert isinstance(node, ast.FunctionDef)
            if ast.unparse(decorator).startswith("nox.session"):
                assert isinstance(decorator, ast.Call), f"{node.name} is not named"
                given = {k.arg or "": k.value for k in decorator.keywords}
                literal = {
                    k: ast.literal_eval(v) for k, v in given.items() if k in {"name", "tags"}
                }
                yield node, literal


def test_every_session_has_a_name_of_its_own_a_tag_and_a_docstring(described: Any) -> None:
    """Nox lists by tag what it does not run by default: without one it cannot be described."""
    listed = {session["name"].partition("(")[0] for session in described["sessions"]}
    names = []
    for function, given in session_functions():
        names.append(given["name"])
        assert given["name"].replace("-", "_") == function.name
        assert given.get("tags"), function.name
        assert ast.get_docstring(function), function.name
        assert any(name.startswith(given["name"]) for name in listed), function.name

    assert len(set(names)) == len(names)


def test_every_task_has_help_for_every_option(described: Any) -> None:
    missing = [
        (task["name"], option["name"])
        for task in described["tasks"]
        for option in task["options"]
        if not option["help"]
    ]

    assert [] == missing


def test_every_task_that_ends_can_say_it_as_json(described: Any) -> None:
    without = {
        task["name"]
        for task in described["tasks"]
        if "--json" not in {option["name"] for option in task["options"]}
    }

    assert {"up"} == without  # it runs until Ctrl-C, and prints a line a place


def test_the_rows_of_this_project_can_be_listed_and_explained() -> None:
    listed = invoke("rows", "--json")
    assert (0, "") == (listed.returncode, listed.stderr)
    names = [row["test"] for row in json.loads(listed.stdout)]
    assert "test_unpublish_removes_canvas_from_grid" in names
    assert len(names) >= 16

    explained = invoke("explain", names[0], "--json")
    assert (0, "") == (explained.returncode, explained.stderr)
    assert names[0] == json.loads(explained.stdout)["test"]


def test_a_row_that_is_not_there_ends_with_usage_and_the_nearest() -> None:
    done = invoke("explain", "test_unpublish_removes_canvas_from_gird")

    assert (2, "") == (done.returncode, done.stdout)
    assert "the nearest: test_unpublish_removes_canvas_from_grid" in done.stderr


def test_the_list_of_tasks_is_what_the_description_says(described: Any) -> None:
    listed = json.loads(invoke("--list", "--list-format=json").stdout)
    names = {task["name"] for task in listed["tasks"]}
    names |= {f"{c['name']}.{task['name']}" for c in listed["collections"] for task in c["tasks"]}

    assert {task["name"] for task in described["tasks"]} == names


def test_the_noxfile_is_a_script_too() -> None:
    done = completed([sys.executable, str(ROOT / "noxfile.py"), "--list"], cwd=ROOT)

    assert 0 == done.returncode
    assert "* fast " in done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("find-offending-commit --command true --jobs 0", "--jobs is 0; it is 1 or more"),
        ("find-offending-commit --command true --confidence 0", "--confidence is 0; it is above 0.5"),
        ("find-offending-commit --command true --jobs many", "argument --jobs: invalid int value: 'many'"),
        ("find-offending-upgrade --baseline LICENSE --command true --jobs 0", "--jobs is 0; it is 1"),
        ("find-offending-upgrade --baseline LICENSE --command true --timeout 0", "--timeout is 0; it is"),
        ("find-offending-upgrade --baseline LICENSE --command true --timeout nan", "--timeout is nan; it"),
        ("rollback --dry-run --jobs 0", "--jobs is 0; it is 1 or more"),
        ("rollback --dry-run --jobs=-1", "--jobs is -1; it is 1 or more"),
    ],
)  # fmt: skip
def test_a_number_that_makes_no_sense_is_refused(words: str, said: str) -> None:
    """A 0, too: it is not taken for nothing said."""
    done = invoke(*words.split())

    assert (2, "") == (done.returncode, done.stdout)
    assert done.stderr.startswith(f"error: {said}")


@pytest.mark.parametrize(
    ("words", "positional"),
    [(["prove", "test_a"], "['test']"), (["prove"], "[]"), (["prove", "--jobs", "2"], "[]")],
)
def test_the_row_to_prove_may_stand_without_its_option(words: list[str], positional: str) -> None:
    """Invoke itself knows no argument that may stand there and need not."""
    done = subprocess.run(
        [sys.executable, "-c", "import tasks; print(tasks.optional('test', of='prove'))", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert positional == done.stdout.strip()


def test_an_option_has_one_name_which_means_the_same_in_every_task() -> None:
    """A short one would be made of whatever letter is free in that task."""
    tasks = read_tasks(ROOT)
    short = [
        f"{name} {flag}"
        for name in tasks.task_names
        for argument in tasks[name].get_arguments()
        for flag in argument.nicknames
    ]

    assert [] == short
