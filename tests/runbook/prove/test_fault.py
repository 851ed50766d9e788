"""Faults: how they are read, and that none is applied to a source that it was not written for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook.errors import UsageError
from runbook.project import find_project
from runbook.prove.fault import Fault, faults_of, findings, read_faults

if TYPE_CHECKING:
    from runbook.project import Project
    from tests.runbook.support import TinyProject

ENTRY = """
[test_one.{name}]
cause = "It serves another number."
file = "app.py"
find = "return 1"
replace = "return {put}"
"""


def fault(find: str, replace: str) -> Fault:
    return Fault("test_one", "a-fault", "cause", "app.py", find, replace, "fast")


def described(project: TinyProject, text: str, name: str = "some") -> Project:
    """Write faults beside the project's tests and return the project."""
    project.write(f"tests/faults/{name}.toml", text)
    return find_project(project.root)


@given(before=st.text("ab\n"), after=st.text("ab\n"), replace=st.text())
def test_a_text_that_stands_there_once_is_replaced(before: str, after: str, replace: str) -> None:
    assert before + replace + after == fault("XYZ", replace).edit(f"{before}XYZ{after}")


@pytest.mark.parametrize(("source", "count"), [("", 0), ("return 1\nreturn 1\n", 2)])
def test_a_text_that_is_gone_or_there_twice_is_a_loud_failure(source: str, count: int) -> None:
    with pytest.raises(
        UsageError, match=f"test_one.a-fault finds its text {count} times in app.py"
    ):
        fault("return 1", "return 2").edit(source)


def test_faults_are_read_in_the_order_of_the_rows(project: TinyProject) -> None:
    described(project, ENTRY.format(name="late", put=2).replace("test_one", "test_two"), "a")
    found = described(project, ENTRY.format(name="b", put=2) + ENTRY.format(name="a", put=3), "z")

    titles = [each.title for each in read_faults(found)]

    assert ["test_one.b", "test_one.a", "test_two.late"] == titles
    assert {"fast"} == {each.tier for each in read_faults(found)}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[test_on.x]\ncause='c'\nfile='f'\nfind='a'\nreplace='b'", "the nearest: test_one"),
        ("[test_one.x]\ncause='c'\nfile='f'\nfind='a'", "needs exactly cause, file, find and"),
        ("[test_one.x]\ncause='c'\nfile='f'\nfind='a'\nreplace=1", "each a string"),
        ("[test_one.x]\ncause='c'\nfile='f'\nfind='a'\nreplace='a'", "changes nothing"),
        ("[test_one.x]\ncause='c'\nfile='f'\nfind=''\nreplace='a'", "changes nothing"),
        ("test_one = 1", "test_one must be a table"),
        ("[test_one]\nx = 1", "x must be a table"),
        ("[test_one", "some.toml: "),
    ],
)
def test_a_malformed_fault_says_where_and_what(
    project: TinyProject, text: str, problem: str
) -> None:
    found = described(project, text)

    with pytest.raises(UsageError) as refused:
        read_faults(found)

    assert "some.toml" in refused.value.what
    assert problem in refused.value.what


def test_faults_are_picked_by_row_and_by_tier(project: TinyProject) -> None:
    found = described(
        project,
        ENTRY.format(name="a", put=2) + ENTRY.format(name="b", put=2).replace("one", "two"),
    )
    faults = read_faults(found)

    assert ["test_two.b"] == [each.title for each in faults_of(found, faults, ["test_two"], [])]
    assert list(faults) == faults_of(found, faults, [], ["fast"])
    with pytest.raises(UsageError, match="no row for 'test_three'; the nearest: "):
        faults_of(found, faults, ["test_three"], [])
    with pytest.raises(UsageError, match="there is no fault for test_one"):
        faults_of(found, faults[1:], ["test_one"], [])


def test_the_findings_name_each_fault_that_does_not_fit_and_each_row_with_too_few(
    project: TinyProject,
) -> None:
    text = ENTRY.format(name="gone", put=2).replace("return 1", "return 9")
    text += ENTRY.format(name="nowhere", put=2).replace("app.py", "no.py")
    found = described(project, text)

    assert [
        "the fault test_one.gone finds its text 0 times in app.py, not once",
        "the fault test_one.nowhere: no.py: No such file or directory",
        "test_two is proved by 0 faults; mend: describe 2 in tests/faults",
    ] == list(findings(found, read_faults(found)))


def test_a_project_without_faults_has_no_findings(project: TinyProject) -> None:
    found = find_project(project.root)

    assert [] == list(findings(found, read_faults(found)))
