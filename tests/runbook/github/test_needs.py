"""The gate of a workflow."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook.github.needs import findings

RESULTS = ("success", "failure", "cancelled", "skipped")


def needs(needed: str = "yes", plan: str = "success", **results: str) -> str:
    """Return a ``needs`` context as a workflow has it."""
    jobs: dict[str, Any] = {"plan": {"result": plan, "outputs": {"needed": needed}}}
    jobs |= {name: {"result": result, "outputs": {}} for name, result in results.items()}
    return json.dumps(jobs)


def test_all_that_succeeded_is_green() -> None:
    assert [] == list(findings(needs(session="success", first_run="success")))


@pytest.mark.parametrize("result", ["failure", "cancelled", "skipped", "", "neutral"])
def test_anything_else_is_not(result: str) -> None:
    assert [f"session: {result or 'no result'}"] == list(
        findings(needs(session=result, other="success"))
    )


def test_a_job_may_be_skipped_only_where_the_plan_says_so() -> None:
    assert [] == list(findings(needs(needed="no", session="skipped")))
    assert ["session: failure"] == list(findings(needs(needed="no", session="failure")))
    assert ["plan: failure", "session: skipped"] == list(
        findings(needs("no", "failure", session="skipped"))
    )
    assert ["session: skipped"] == list(findings(needs(needed="", session="skipped")))


@pytest.mark.parametrize("context", ["", "{}", "[]", "null", "no json", '"success"'])
def test_what_is_not_known_is_not_green(context: str) -> None:
    assert ["the jobs that were needed are not known"] == list(findings(context))


@pytest.mark.parametrize("job", [None, [], "success", {}, {"result": None}, {"outputs": "no"}])
def test_a_job_without_a_result_is_not_green(job: object) -> None:
    assert ["session: no result"] == list(findings(json.dumps({"session": job})))


@given(results=st.dictionaries(st.text(min_size=1), st.sampled_from(RESULTS), min_size=1))
def test_green_means_that_every_job_succeeded(results: dict[str, str]) -> None:
    context = json.dumps({name: {"result": result} for name, result in results.items()})

    assert all(result == "success" for result in results.values()) is not any(findings(context))
