"""The rows, read from source without running it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook.errors import UsageError
from runbook.rows import (
    Severity,
    Suspect,
    find_row,
    function_id,
    read_rows,
    read_tests,
    short_name,
)
from tests.runbook.support import module, row_test

if TYPE_CHECKING:
    from pathlib import Path

    from tests.runbook.support import TinyProject


@pytest.mark.parametrize(
    ("node_id", "function", "name"),
    [
        ("t/test_a.py::test_a", "t/test_a.py::test_a", "test_a"),
        ("t/test_a.py::TestA::test_a", "t/test_a.py::TestA::test_a", "test_a"),
        ("t/test_a.py::test_a[b::c[d]]", "t/test_a.py::test_a", "test_a[b::c[d]]"),
        ("t[1]/test_a.py::test_a[2]", "t[1]/test_a.py::test_a", "test_a[2]"),
    ],
)
def test_a_node_id_is_taken_apart_at_its_function(node_id: str, function: str, name: str) -> None:
    assert function == function_id(node_id)
    assert name == short_name(node_id)


@given(path=st.text(min_size=1).filter(lambda text: "::" not in text and text[-1:] != ":"))
def test_a_suspect_is_written_as_it_was_read(path: str) -> None:
    assert Suspect(path, "") == Suspect.parse(path)
    assert path == str(Suspect.parse(path))
    assert f"{path}::serve" == str(Suspect.parse(f"{path}::serve"))


def test_a_row_holds_what_its_marker_says(project: TinyProject) -> None:
    suspects = ("app.py::serve", "app.py", "other.py::a.b")
    project.write(
        "tests/test_app.py",
        module(row_test("test_one", severity="high", cause="two words", suspects=suspects)),
    )

    (row,) = read_rows(project.root, ["tests"])

    assert "test_one" == row.test
    assert "tests/test_app.py" == row.file
    assert (7, "tests/test_app.py::test_one") == (row.line, row.id)
    assert Severity.HIGH is row.severity
    assert "two words" == row.cause
    assert suspects == tuple(str(suspect) for suspect in row.suspects)
    assert ("app.py", "other.py") == row.suspect_paths


def test_the_source_is_read_and_not_run(project: TinyProject) -> None:
    project.write(
        "tests/test_app.py", "raise SystemExit('it ran')\n" + module(row_test("test_one"))
    )

    assert ["test_one"] == [row.test for row in read_rows(project.root, ["tests"])]


def test_tests_with_and_without_a_row_are_found_in_classes_too(project: TinyProject) -> None:
    marked = '@mark.runbook(severity="high", cause="c", suspects=["a"])'
    source = (
        f"class TestOuter:\n    class TestInner:\n        {marked}\n        async def test_a(s): ...\n"
        "class Helper:\n    def test_no(self): ...\n"
        "@pytest.mark.slow\n@other.runbook()\ndef test_b(): ...\n"
        "def helper(): ...\n"
    )
    project.write("tests/test_app.py", source)

    tests = read_tests(project.root, ["tests"])

    ids = ["tests/test_app.py::TestOuter::TestInner::test_a", "tests/test_app.py::test_b"]
    assert ids == [test.id for test in tests]
    assert [True, False] == [test.row is not None for test in tests]
    assert tests[0].row is not None
    assert ids[0] == tests[0].row.id


def test_files_are_read_in_order_each_once(project: TinyProject) -> None:
    project.write("tests/deep/test_z.py", module(row_test("test_z")))
    project.write("tests/helpers.py", module(row_test("test_no_test")))

    paths = ["tests/test_app.py", "tests"]

    names = [row.test for row in read_rows(project.root, paths)]
    assert ["test_one", "test_two", "test_z"] == names


@pytest.mark.parametrize(
    ("marker", "complaint"),
    [
        ('severity="high", cause="c"', "needs exactly severity, cause and suspects, and has cause"),
        ("", "and has none"),
        ('severity="high", cause="c", suspects=["a"], extra=1', "extra"),
        ('severity="big", cause="c", suspects=["a"]', "severity 'big'; it is high or normal"),
        ('severity=["high"], cause="c", suspects=["a"]', "it is high or normal"),
        ('severity="high", cause=" ", suspects=["a"]', "a cause of one line"),
        ('severity="high", cause="a\\nb", suspects=["a"]', "a cause of one line"),
        ('severity="high", cause="a\\rb", suspects=["a"]', "a cause of one line"),
        ('severity="high", cause=3, suspects=["a"]', "a cause of one line"),
        ('severity="high", cause="c", suspects=[]', "at least one suspect"),
        ('severity="high", cause="c", suspects="app.py"', "at least one suspect"),
        ('severity="high", cause="c", suspects=[""]', "at least one suspect"),
        ('"high", cause="c", suspects=["a"]', "literal keyword arguments"),
        ('severity=HIGH, cause="c", suspects=["a"]', "literal keyword arguments"),
        ('severity="high", cause={[]: 1}, suspects=["a"]', "literal keyword arguments"),
        ('**{"severity": "high"}', "and has **"),
    ],
)
def test_a_malformed_row_is_refused_with_its_place(
    project: TinyProject, marker: str, complaint: str
) -> None:
    project.write("tests/test_app.py", f"@pytest.mark.runbook({marker})\ndef test_a(): ...\n")

    with pytest.raises(UsageError) as refused:
        read_rows(project.root, ["tests"])

    assert str(refused.value).startswith("tests/test_app.py:")
    assert complaint in str(refused.value)


@pytest.mark.parametrize("source", [b"def test_a(:\n", b"x = 1\0\n", b"x = '\xff'\n"])
def test_a_file_that_does_not_parse_is_refused_by_name(project: TinyProject, source: bytes) -> None:
    (project.root / "tests/test_app.py").write_bytes(source)

    with pytest.raises(UsageError, match=r"^tests/test_app\.py"):
        read_rows(project.root, ["tests"])


def test_a_path_that_is_gone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="tests/gone does not exist"):
        read_rows(tmp_path, ["tests/gone"])


@pytest.mark.parametrize(
    "name",
    ["test_one", "test_one[a::b]", "tests/test_app.py::test_one", "tests/test_app.py::test_one[x]"],
)
def test_a_row_is_found_by_name_or_node_id(project: TinyProject, name: str) -> None:
    assert "test_one" == find_row(read_rows(project.root, ["tests"]), name).test


@pytest.mark.parametrize(
    "name", ["TestCart::test_add", "TestCart::test_add[a::b]", "test_cart.py::TestCart::test_add"]
)
def test_a_row_of_a_class_is_found_as_pytest_prints_it(project: TinyProject, name: str) -> None:
    method = "    " + row_test("test_add").replace("()", "(self)").replace("\n", "\n    ").rstrip()
    project.write(
        "tests/test_cart.py", module(f"class TestCart:\n{method}\n", row_test("test_add"))
    )
    rows = read_rows(project.root, ["tests"])

    assert "tests/test_cart.py::TestCart::test_add" == find_row(rows, name).id
    with pytest.raises(UsageError, match="is in several"):
        find_row(rows, "test_add")


def test_an_unknown_name_is_answered_with_the_nearest(project: TinyProject) -> None:
    with pytest.raises(UsageError, match="no row for 'test_on'; the nearest: test_one, test_two"):
        find_row(read_rows(project.root, ["tests"]), "test_on")


def test_a_name_in_two_files_is_ambiguous(project: TinyProject) -> None:
    project.write("tests/test_b.py", module(row_test("test_one")))
    rows = read_rows(project.root, ["tests"])

    with pytest.raises(
        UsageError, match=r"several files: tests/test_app\.py::test_one, tests/test_b"
    ) as refused:
        find_row(rows, "test_one")
    assert "bin/invoke explain tests/test_app.py::test_one" == refused.value.next_step

    assert "tests/test_b.py" == find_row(rows, "tests/test_b.py::test_one").file
