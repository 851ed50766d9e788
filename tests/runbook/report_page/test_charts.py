"""Pictures as inline SVG."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from runbook.report_page.charts import Candidate, TrendPoint, mood_of, posterior, trend

CHANCES = st.lists(st.floats(0, 1), max_size=600)


def test_a_trend_has_a_bar_a_run_coloured_by_its_verdict() -> None:
    points = [
        TrendPoint("a", "green", 1.0, "then"),
        TrendPoint("b", "red", 2.0, "now", is_this=True),
    ]
    made = trend(points)

    assert ["good", "bad this"] == re.findall(r'rx="1.5" class="([a-z ]+)"', made)
    assert "red in 2.0 s, run b, now" in made
    assert "the last 2 runs: 1 green; up to 2.0 s" in made


def test_an_unknown_verdict_is_no_green() -> None:
    assert "unsure" == mood_of("anything")


@given(seconds=st.lists(st.floats(0, 1e6), max_size=50))
def test_every_bar_of_a_trend_stays_in_its_picture(seconds: list[float]) -> None:
    made = trend([TrendPoint(str(n), "green", each, "then") for n, each in enumerate(seconds)])

    shape = re.compile(r'y="([\d.]+)" width="[\d.]+" height="([\d.]+)"')
    tops = [(float(y), float(height)) for y, height in shape.findall(made)]
    assert len(seconds) == len(tops)
    assert all(y >= 0 and y + height <= 72.01 for y, height in tops)


@given(chances=CHANCES)
def test_a_posterior_has_a_column_a_commit_or_shares_them(chances: list[float]) -> None:
    commits = [Candidate(f"{number:040x}", "tidy", chance) for number, chance in enumerate(chances)]
    made = posterior(commits)

    columns = made.count("<g>")
    assert columns <= 240
    assert len(chances) <= 240 or columns >= 120
    assert columns == len(chances) or len(chances) > 240


def test_the_culprit_stands_out_and_its_probe_is_a_dot() -> None:
    commits = [
        Candidate("a" * 40, "tidy", 0.01, ("pass",)),
        Candidate("b" * 40, "break", 0.97, ("fail", "untestable"), is_culprit=True),
        Candidate("c" * 40, "tidy", 0.02),
    ]
    made = posterior(commits)

    assert ["chance", "bad", "chance"] == re.findall(r'<rect [^>]*class="([a-z]+)"', made)
    assert ["good", "unsure"] == re.findall(r'<circle [^>]*class="([a-z]+)"', made)
    assert "bbbbbbbbbb break: 97.0%; fail, untestable" in made
    assert "the likeliest is bbbbbbbbbb with 97.0%" in made


def test_a_picture_of_nothing_is_a_picture() -> None:
    assert posterior([]).startswith("<svg")
    assert trend([]).startswith("<svg")
