"""The text of an issue: one for a cause, the same every week."""

from __future__ import annotations

import pytest

from runbook.upgrades.report import Verdict
from runbook.upgrades.weekly.issue import healed, issues_of, keys_of, marker
from tests.runbook.published import hold
from tests.runbook.upgrades.records import record


def test_the_key_of_a_cause_does_not_change_with_the_week() -> None:
    assert keys_of(record("9.0")).keys() == keys_of(record("9.1")).keys()


def test_an_issue_says_who_since_when_and_how_to_see_it_again() -> None:
    (issue,) = issues_of([record()])
    assert "open" == issue.state
    assert issue.body.startswith(marker(issue.key))
    for said in (
        "dog",
        "2.0",
        "dog<2.0",
        "flea",
        "test:t::x",
        "no bark",
        "bin/invoke find-offending-upgrade",
    ):
        assert said in issue.body


def test_each_independent_culprit_has_its_own_issue() -> None:
    two = record()
    two["culprits"].append([{"name": "cat", "from": "1", "to": "2", "first_bad": "2"}])
    assert 2 == len({issue.key for issue in issues_of([two])})


def test_a_cause_that_breaks_two_tiers_is_one_issue_that_names_both() -> None:
    browser = record("9.1") | {"tier": "browser", "repeat": {"search": "in the browser"}}
    (issue,) = issues_of([record(), browser])
    assert issue.title.endswith("breaks fast, browser")
    assert "in the browser" in issue.body
    (key,) = keys_of(record())
    assert key == issue.key


def test_a_red_that_nobody_is_to_blame_for_has_an_issue_and_a_clean_run_has_none() -> None:
    assert 1 == len(issues_of([record(verdict="unresolvable", blamed=False)]))
    assert [] == issues_of([record(verdict="clean", blamed=False)])


@pytest.mark.parametrize("verdict", list(Verdict))
@pytest.mark.parametrize("is_blamed", [True, False], ids=["blamed", "nobody"])
def test_every_issue_is_what_is_published(verdict: Verdict, is_blamed: bool) -> None:  # noqa: FBT001 - pytest names it
    for issue in issues_of([record(verdict=verdict, blamed=is_blamed)]):
        hold(issue.to_json())
    hold(healed("abcd0123", "why").to_json())


def test_a_cause_that_is_gone_is_closed_under_its_key() -> None:
    assert ("closed", "abcd0123") == (
        healed("abcd0123", "why").state,
        healed("abcd0123", "why").key,
    )
