"""The audit of dependencies: what was not looked up is never well."""

from __future__ import annotations

import pytest

from tests.scan.audit import Exit, Finding, batches, judge, pins, together

GOOD = {"name": "good", "version": "1", "vulns": []}
BAD = {"name": "bad", "version": "2", "vulns": [{"id": "PYSEC-1", "fix_versions": ["3"]}]}
SKIPPED = {"name": "own", "skip_reason": "not found"}


@pytest.mark.parametrize(
    ("packages", "status"),
    [
        ([GOOD], Exit.WELL),
        ([GOOD, BAD], Exit.VULNERABLE),
        ([GOOD, SKIPPED], Exit.UNKNOWN),
        ([SKIPPED, BAD], Exit.VULNERABLE),
        ([{"name": "odd", "version": "1"}], Exit.UNKNOWN),
        ([], Exit.UNKNOWN),
    ],
)
def test_only_what_was_looked_up_is_well(packages: list[dict[str, object]], status: Exit) -> None:
    assert judge({"dependencies": packages}, len(packages)).exit is status


def test_a_report_that_is_none_is_not_well() -> None:
    assert judge({}, 1).exit is Exit.UNKNOWN
    assert judge({"dependencies": [GOOD]}, 2).exit is Exit.UNKNOWN


def test_a_package_of_many_locks_is_looked_up_once() -> None:
    lock = "a==1 ; python_version > '3' \\\n    --hash=sha256:0\nb.c==2.0 \\\n    # via a\n"
    assert ["a==1", "a==2", "b.c==2.0"] == pins([lock, lock, "a==2\n"])


def test_two_versions_of_a_package_are_looked_up_apart() -> None:
    assert [["a==1", "b==1"], ["a==2"], ["a==3"]] == batches(["a==1", "a==2", "b==1", "a==3"])
    assert [] == batches([])


@pytest.mark.parametrize(
    ("findings", "status"),
    [
        ([Finding(3, [], []), Finding(1, [], [])], Exit.WELL),
        ([Finding(3, [], []), Finding(0, ["no answer within 240 s"], [])], Exit.UNKNOWN),
        ([Finding(3, [], []), Finding(1, [], ["bad 2: PYSEC-1"])], Exit.VULNERABLE),
        ([], Exit.UNKNOWN),
    ],
)
def test_one_look_up_that_failed_is_not_made_up_for_by_others(
    findings: list[Finding], status: Exit
) -> None:
    assert together(findings).exit is status
