"""Pictures as inline SVG: the trend of the last runs, and the posterior over the commits of a search."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook.report_page.html import Html, Node, tag

if TYPE_CHECKING:
    from collections.abc import Sequence

_TREND_WIDTH, _TREND_HEIGHT, _LEAST_BAR = 960.0, 72.0, 3.0
_LEAST_SLOTS = 30  # so that a few runs are not a few walls
_POSTERIOR_WIDTH, _POSTERIOR_HEIGHT = 720.0, 180.0
_MOST_BARS = 240  # of a posterior; more commits than this share bars
_MOODS = {"green": "good", "red": "bad", "partial": "unsure"}


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """One run of the trend.

    Attributes:
        run: Its id.
        verdict: green, red or partial.
        seconds: Its wall time.
        at: When it ended, for a person.
        is_this: Whether it is the run of the page.
    """

    run: str
    verdict: str
    seconds: float
    at: str
    is_this: bool = False


def mood_of(verdict: str) -> str:
    """Return the colour of a run's verdict."""
    return _MOODS.get(verdict, "unsure")


def trend(points: Sequence[TrendPoint]) -> Html:
    """Return a bar a run, oldest first, as high as it took long and coloured by its verdict."""
    step = _TREND_WIDTH / max(len(points), _LEAST_SLOTS)
    tallest = max((point.seconds for point in points), default=0.0) or 1.0
    bars = []
    for place, point in enumerate(points):
        height = max(_LEAST_BAR, point.seconds / tallest * (_TREND_HEIGHT - 8))
        said = f"{point.verdict} in {point.seconds:.1f} s, run {point.run}, {point.at}"
        bar = tag(
            "rect",
            tag("title", said),
            x=round(place * step + step * 0.14, 2),
            y=round(_TREND_HEIGHT - height - 4, 2),
            width=round(step * 0.72, 2),
            height=round(height, 2),
            rx=1.5,
            class_=mood_of(point.verdict) + (" this" if point.is_this else ""),
        )
        bars.append(bar)
    base = tag("line", x1=0, x2=_TREND_WIDTH, y1=_TREND_HEIGHT - 2, y2=_TREND_HEIGHT - 2)
    counted = sum(point.verdict == "green" for point in points)
    label = f"the last {len(points)} runs: {counted} green; up to {tallest:.1f} s"
    return _picture(base, bars, label=label, size=(_TREND_WIDTH, _TREND_HEIGHT), class_="trend")


@dataclass(frozen=True, slots=True)
class Candidate:
    """One commit of a search, in the order of history.

    Attributes:
        sha: Its full name.
        subject: Its first line.
        probability: That it is to blame.
        outcomes: Of the probes on it: pass, fail, untestable.
        is_culprit: Whether the search names it.
    """

    sha: str
    subject: str
    probability: float
    outcomes: tuple[str, ...] = ()
    is_culprit: bool = False


def posterior(candidates: Sequence[Candidate]) -> Html:
    """Return a bar a commit, oldest first: as high as it is likely to blame, with its probes below."""
    groups = _grouped(candidates)
    step = _POSTERIOR_WIDTH / max(len(groups), 1)
    floor = _POSTERIOR_HEIGHT - 26
    tallest = max((_sum(group) for group in groups), default=0.0) or 1.0
    marks = [
        tag("line", x1=0, x2=_POSTERIOR_WIDTH, y1=floor, y2=floor),
        *(_column(group, place, step, floor, tallest) for place, group in enumerate(groups)),
    ]
    likeliest = max(candidates, key=lambda each: each.probability, default=None)
    label = f"the probability of each of {len(candidates)} commits, oldest first"
    if likeliest:
        label += f"; the likeliest is {likeliest.sha[:10]} with {likeliest.probability:.1%}"
    size = (_POSTERIOR_WIDTH, _POSTERIOR_HEIGHT)
    return _picture(marks, label=label, size=size, class_="posterior")


def _grouped(candidates: Sequence[Candidate]) -> list[Sequence[Candidate]]:
    size = -(-len(candidates) // _MOST_BARS) or 1
    return [candidates[at : at + size] for at in range(0, len(candidates), size)]


def _sum(group: Sequence[Candidate]) -> float:
    return sum(each.probability for each in group)


def _column(
    group: Sequence[Candidate], place: int, step: float, floor: float, tallest: float
) -> Html:
    """Draw one commit, or several neighbours: a bar, and below it a dot for what its probes said."""
    width = min(step * 0.8, 34.0)
    middle = place * step + step / 2
    height = max(0.8, _sum(group) / tallest * (floor - 10))
    outcomes = [outcome for each in group for outcome in each.outcomes]
    bar = tag(
        "rect",
        x=round(middle - width / 2, 2),
        y=round(floor - height, 2),
        width=round(width, 2),
        height=round(height, 2),
        rx=round(min(3.0, width / 4), 2),
        class_="bad" if any(each.is_culprit for each in group) else "chance",
    )
    dots = [
        tag(
            "circle",
            cx=round(middle, 2),
            cy=floor + 12,
            r=min(4.5, max(step / 2.6, 1.6)),
            class_=_dot(outcome),
        )
        for outcome in outcomes[-1:]
    ]
    return tag("g", tag("title", _said(group, outcomes)), bar, dots)


def _said(group: Sequence[Candidate], outcomes: list[str]) -> str:
    """What a bar says to whoever points at it."""
    first, last = group[0], group[-1]
    name = first.sha[:10] if len(group) == 1 else f"{first.sha[:10]}..{last.sha[:10]}"
    probed = f"; {', '.join(outcomes)}" if outcomes else ""
    return f"{name} {first.subject}: {_sum(group):.1%}{probed}"


def _dot(outcome: str) -> str:
    return {"pass": "good", "fail": "bad"}.get(outcome, "unsure")


def _picture(*marks: Node, label: str, size: tuple[float, float], class_: str) -> Html:
    box = f"0 0 {size[0]:g} {size[1]:g}"
    return tag("svg", *marks, view_box=box, role="img", aria_label=label, class_=class_)
