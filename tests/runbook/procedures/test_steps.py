"""A plan: what it says, what its digest covers, and what makes it invalid."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook.errors import UsageError
from runbook.exit_codes import ExitCode
from runbook.procedures.steps import (
    Plan,
    Refused,
    Repeat,
    Step,
    check_unchanged,
    make_plan,
    read_plan,
)
from tests.runbook.published import hold

LOOK = Step("look", "Look at it.", "git status", reads=("the tree",))
WRITE = Step("write", "Write it.", "touch it", writes=("it",), repeat=Repeat.ONCE)
PLAN = make_plan("paint", ("c" * 40, "d" * 40), {"file": "a b.py", "yes": True}, (LOOK, WRITE))

texts = st.text(max_size=20)
lists = st.lists(texts, max_size=3).map(tuple)
steps = st.builds(Step, texts, texts, texts, lists, lists, st.sampled_from(Repeat))
plans = st.builds(
    make_plan,
    texts,
    st.tuples(texts, texts),
    st.dictionaries(texts, texts, max_size=3),
    st.lists(steps, max_size=3).map(tuple),
)


@given(plans)
def test_a_plan_is_read_as_it_was_written(plan: Plan) -> None:
    text = json.dumps(plan.as_json())
    hold(json.loads(text))
    assert plan == read_plan(text, name="plan.json")


@given(plans, plans)
def test_two_plans_have_the_same_digest_only_if_they_say_the_same(one: Plan, other: Plan) -> None:
    assert (one == other) is (one.digest == other.digest)


def test_what_is_empty_is_no_argument() -> None:
    plan = make_plan("paint", ("c", "d"), {"b": "", "a": 3, "yes": False}, ())
    assert (("a", "3"),) == plan.arguments


def test_it_says_each_step_with_its_command_and_what_it_touches() -> None:
    assert [
        f"plan {PLAN.digest[:12]} for paint --file a b.py --yes yes",
        "  commit cccccccccc  tree dddddddddd",
        "",
        "1. look (pure)",
        "   Look at it.",
        "   $ git status",
        "   reads   the tree",
        "   writes  nothing",
        "",
        "2. write (once)",
        "   Write it.",
        "   $ touch it",
        "   writes  it",
    ] == PLAN.as_text().splitlines()


def test_a_plan_that_was_edited_is_refused() -> None:
    entry = PLAN.as_json()
    entry["steps"][1]["command"] = "rm it"
    with pytest.raises(Refused, match="was edited after it was made") as refused:
        read_plan(json.dumps(entry), name="plan.json")
    assert ExitCode.REFUSED is refused.value.exit_code


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '"plan"', "{}", '{"schema": "plan/2"}', '{"schema": "plan/1"}'],
)
def test_what_is_no_plan_is_said_to_be_none(text: str) -> None:
    with pytest.raises(UsageError, match=r"^plan\.json is no plan: "):
        read_plan(text, name="plan.json")


def test_an_unchanged_plan_holds() -> None:
    check_unchanged(PLAN, replace(PLAN))


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (replace(PLAN, commit="e" * 40), "HEAD was cccccccccc and is eeeeeeeeee"),
        (replace(PLAN, tree="e" * 40), "the tree on disk was dddddddddd and is eeeeeeeeee"),
        (replace(PLAN, arguments=()), "its arguments or steps are not what they would be now"),
        (replace(PLAN, steps=(LOOK,)), "its arguments or steps are not what they would be now"),
        (replace(PLAN, procedure="sweep"), "it is a plan for paint, not for sweep"),
    ],
)
def test_a_plan_for_another_state_is_refused_and_says_which(now: Plan, said: str) -> None:
    with pytest.raises(Refused, match=f"does not hold any more: {said}"):
        check_unchanged(PLAN, now)


def test_what_is_to_be_read_instead_is_named_with_its_arguments() -> None:
    with pytest.raises(Refused) as refused:
        check_unchanged(PLAN, replace(PLAN, commit="e" * 40))

    again = "bin/invoke paint --file 'a b.py' --yes --dry-run, read it, and apply that one"
    assert again == refused.value.next_step
