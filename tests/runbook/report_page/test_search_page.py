"""The page of a culprit search."""

from __future__ import annotations

from dataclasses import replace

import pytest

from runbook.report_page.search_page import search_page
from tests.runbook.report_page.pages import SHA, culprit, search_record, text_of


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        ("found", f"{SHA[:10]} broke it: tidy up"),
        ("born-red", "Born red. No commit ever passed this test."),
        ("not-reproduced", "Not reproduced. No commit is to blame."),
        ("inconclusive", "Inconclusive. tidy up"),
    ],
)
def test_the_headline_is_the_verdict(verdict: str, said: str) -> None:
    assert said in text_of(search_page(search_record(verdict, "tidy up")))


def test_a_test_that_never_passed_names_the_commit_that_added_it() -> None:
    result = culprit("found") | {"verdict": "born-red"}

    assert f"which {SHA[:10]} added" in text_of(
        search_page(replace(search_record(), result=result))
    )


def test_a_test_that_could_not_be_run_everywhere_says_so_where_it_is_called_born_red() -> None:
    silent = "5 of the 9 commits that were tried cannot be tested"
    result = culprit("found") | {"verdict": "born-red", "culprit": None, "why": silent}
    page = text_of(search_page(replace(search_record(), result=result)))
    assert f"No commit ever passed this test. But {silent}." in page


def test_the_page_holds_the_posterior_the_probes_the_patch_and_the_command() -> None:
    page = search_page(search_record("found", "tidy up"))

    assert 1 == page.count('class="posterior"')
    for part in ("99.0%", "remembered", "+tidy up", "Search the same again"):
        assert part in text_of(page)


def test_bars_that_are_high_beside_each_other_alone_say_how_likely_the_highest_is() -> None:
    result = culprit("not-reproduced")
    unlikely = [{**each, "probability": 0.004} for each in result["candidates"]]
    page = text_of(search_page(replace(search_record(), result=result | {"candidates": unlikely})))

    assert "the highest to 0.4%. A dot is" in page


def test_a_run_of_the_tip_without_the_culprit_is_told_from_one_of_the_tip() -> None:
    tip = "1" * 40
    probe = {"sha": tip, "seconds": 0.5, "why": "", "remembered": False}
    probes = [
        probe | {"outcome": "fail", "without": ""},
        probe | {"outcome": "pass", "without": SHA},
    ]
    result = culprit(probes=probes, tip_without_culprit="pass")
    page = search_page(replace(search_record(), result=result, history=((SHA, ""), (tip, ""))))

    assert f"{tip[:10]} : 0.0%; fail</title>" in page
    assert f"without {SHA[:10]}" in text_of(page)
    assert "Without it the tip is green." in text_of(page)


@pytest.mark.parametrize(("commits", "pictures", "alone"), [(60, 1, 1), (61, 2, 2), (4096, 2, 1)])
def test_of_a_long_history_the_surroundings_of_the_likeliest_are_shown_too(
    commits: int, pictures: int, alone: int
) -> None:
    history = (*((f"{number:040x}", "x") for number in range(1, commits)), (SHA, "the newest"))
    page = search_page(replace(search_record(), history=history))

    assert pictures == page.count('class="posterior"')
    assert alone == page.count(f"{SHA[:10]} the newest: 99.0%")


@pytest.mark.parametrize("verdict", ["found", "inconclusive"])
def test_what_to_type_next_is_shown_whatever_came_of_it(verdict: str) -> None:
    steps = ["git show one", "git revert two"]
    page = search_page(replace(search_record(), result=culprit(verdict, next=steps)))
    assert all(f"<span>{step}</span>" in page for step in steps)
    assert "Do this" not in search_page(replace(search_record(), result=culprit(next=[])))


def test_an_old_record_without_history_or_rates_is_shown_all_the_same() -> None:
    result = {
        key: value
        for key, value in culprit().items()
        if key not in {"rates", "size", "why", "command", "next"}
    }
    page = search_page(replace(search_record(), result=result, history=(), patch="", replay=""))

    assert 1 == page.count('class="posterior"')
    assert "What the culprit changed" not in page


def test_of_a_row_its_name_is_read_first_and_how_it_is_run_further_down() -> None:
    result = culprit("found", command="exec pytest -q a.py::test_a", row="a.py::test_a")
    page = search_page(replace(search_record(), result=result))

    assert '<p class="lead"><code>a.py::test_a</code></p>' in page
    head, _, below = text_of(page).partition("What was run on each commit")
    assert (False, True) == ("exec pytest" in head, "exec pytest" in below)
    assert "What was run on each commit" not in search_page(search_record())


def test_the_good_end_is_told_from_a_candidate_whose_subject_is_not_known() -> None:
    good = "2" * 40
    probes = [{"sha": sha, "outcome": "pass", "seconds": 0.5, "why": ""} for sha in (good, SHA)]
    page = search_page(replace(search_record(), result=culprit(good=good, probes=probes)))

    assert f"{good[:10]}the good end" in text_of(page)
    assert 1 == page.count("the good end")
