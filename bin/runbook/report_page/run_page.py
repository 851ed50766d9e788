"""The page of a smoke run: its verdict, what is red and why, every row, pictures, times, what it was made with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from runbook.calls import call
from runbook.report_page.charts import TrendPoint, mood_of, trend
from runbook.report_page.html import Html, Node, tag
from runbook.report_page.page import (
    badge,
    breakable,
    code,
    commands,
    counted,
    document,
    facts,
    grid,
    section,
)
from runbook.report_page.pictures import Picture, gallery
from runbook.report_page.versus import versus
from runbook.rows import function_id, short_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

TREND = 50  # runs that the trend shows
_OUTCOMES = {"passed": "good", "failed": "bad", "skipped": "unsure", "missing": "unsure"}
_ORDER = ("failed", "missing", "skipped", "passed")


@dataclass(frozen=True, slots=True)
class RunRecord:
    """What the page of a run is made from.

    Attributes:
        result: The run as it said itself, ``smoke/1``.
        at: When it ended, for a person.
        seconds: How long each test took, by node id without parameters.
        causes: The likely cause of each row, and its severity, by node id.
        pictures: What it kept to look at.
        versions: What it was made with.
        digests: SHA-256 of each file that it left, by name.
        changed: Those of them that are not what it left.
        trend: The last runs of the same tier, oldest first.
        log: The end of what pytest printed.
        cut: How many characters of the log were left out before that.
        command: What runs it again.
    """

    result: Mapping[str, Any]
    at: str
    seconds: Mapping[str, float] = field(default_factory=dict)
    causes: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    pictures: tuple[Picture, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)
    changed: tuple[str, ...] = ()
    trend: tuple[TrendPoint, ...] = ()
    log: str = ""
    cut: int = 0
    command: str = ""


def run_page(record: RunRecord) -> str:
    """Return the page."""
    result = record.result
    return document(
        title=f"{result['verdict']}: smoke {result['tier']} {result['commit']}",
        mood=mood_of(result["verdict"]),
        head=_head(record),
        body=list(_sections(record)),
        foot=[
            tag("p", "Again: ", code(record.command)),
            tag(
                "p",
                f"Evidence: {result['evidence']}, made by the run itself. This page asks no other host for anything.",
            ),
        ],
    )


def _head(record: RunRecord) -> Node:
    result = record.result
    dirty = {
        True: badge("and uncommitted changes", "unsure"),
        False: None,
        None: badge("unknown tree"),
    }
    strip: list[tuple[str, Node]] = [
        ("Commit", [code(result["commit"]), " ", dirty[result["dirty"]]]),
        ("Tree", code(result["tree"])),
        ("Took", f"{result['seconds']:.1f} s"),
        ("Gate", badge(result["gate"], "good" if result["gate"] == "open" else "")),
        ("Run", code(result["run"])),
    ]
    return [
        tag("p", f"Smoke of the {result['tier']} tier · {record.at}", class_="kicker"),
        tag("h1", _headline(result)),
        tag("p", _lead(result), class_="lead"),
        facts(strip),
    ]


def _headline(result: Mapping[str, Any]) -> Node:
    total, failed = result["total"], result["failed"]
    match result["verdict"]:
        case "green":
            return [tag("b", "Green."), f" All {total} rows ran and passed."]
        case "red" if failed:
            return [tag("b", "Red."), f" {failed} of {total} rows failed."]
        case "red":
            return [tag("b", "Red."), " The run broke beside its tests."]
    return [
        tag("b", "Partial."),
        f" {result['passed']} of {total} rows passed; the others did not run.",
    ]


def _lead(result: Mapping[str, Any]) -> str:
    high = [each for each in result["failures"] if each.get("severity") == "high"]
    if high:
        return "A row of high severity is red: the gate stays closed until it is green again."
    if result["verdict"] == "red" and result["reasons"]:
        return " ".join(result["reasons"])
    if result["verdict"] == "red":
        return "Each failure below names its likely cause, where to look, and what to run next."
    if result["verdict"] == "partial":
        return f"{'; '.join(result['reasons']) or 'Not every row was run.'} A partial run never opens the gate."
    return "Nothing was skipped, nothing was left out, and every event of the run arrived."


def _sections(record: RunRecord) -> Iterator[Html]:
    result = record.result
    if result["failures"]:
        many = counted(len(result["failures"]), "failure")
        cards = [_card(failure, record) for failure in result["failures"]]
        yield section(
            "What failed",
            cards,
            note=f"{many}, high severity first",
        )
    if record.trend:
        picture = tag("div", trend(record.trend), _trend_words(record.trend), class_="figure")
        yield section("The last runs", picture, note=f"of the {result['tier']} tier, oldest first")
    yield section("Rows", _rows(record), note=f"{result['passed']} of {result['total']} passed")
    kept = _other_pictures(record)
    if kept:
        yield section("Pictures", gallery(kept), note="click one to see it whole")
    yield section("Made with", _made_with(record), note=_trust(record), open_=bool(record.changed))
    if record.log:
        cut = f"{record.cut:,} characters before this are in pytest.log" if record.cut else ""
        log = tag("pre", record.log, class_="wrap", tabindex=0)
        yield section("What pytest printed", log, note=cut, open_=False)


def _trend_words(points: tuple[TrendPoint, ...]) -> Html:
    green = sum(point.verdict == "green" for point in points)
    middle = sorted(point.seconds for point in points)[(len(points) - 1) // 2]
    half = f"; half of them took {middle:.1f} s or less" if len(points) > 1 else ""
    return tag("p", f"{green} of {len(points)} green{half}. A bar's height is its time.")


def _card(failure: Mapping[str, Any], record: RunRecord) -> Html:
    """Return one failure: what it was, why, where, and what to do, in that order."""
    name = short_name(failure["test"])
    is_high = failure.get("severity") == "high"
    suspects = failure.get("suspects", ())
    own = [picture for picture in record.pictures if _is_of(picture, failure)]
    return tag(
        "article",
        tag("h3", tag("span", breakable(name)), badge("high severity", "bad") if is_high else None),
        tag("p", failure["cause"], class_="cause") if failure.get("cause") else None,
        tag("p", code(breakable(failure["at"])), f" in {failure['phase']}", class_="at"),
        tag("p", "It did not get as far as what it tests: ", failure["precondition"], " failed.")
        if failure.get("precondition")
        else None,
        versus(failure["want"], failure["got"]),
        [
            tag("span", "Look here", class_="label"),
            tag("ul", [tag("li", code(breakable(each))) for each in suspects], class_="plain"),
        ]
        if suspects
        else None,
        tag("span", "Do this", class_="label"),
        commands(_next_steps(name.partition("[")[0], has_row=bool(failure.get("cause")))),
        [tag("span", "What it showed", class_="label"), gallery(own, has_short_names=True)]
        if own
        else None,
        class_="card",
    )


def _is_of(picture: Picture, failure: Mapping[str, Any]) -> bool:
    return bool(picture.test) and picture.test == failure["test"]


def _other_pictures(record: RunRecord) -> list[Picture]:
    failed = {failure["test"] for failure in record.result["failures"]}
    return [picture for picture in record.pictures if picture.test not in failed]


def _next_steps(test: str, *, has_row: bool) -> list[str]:
    if not has_row:
        return [call(f"filter {test}")]
    return [call(f"explain {test}"), call(f"find-offending-commit --test {test}")]


def _rows(record: RunRecord) -> Html:
    tests = record.result["tests"]
    in_order = sorted(
        tests,
        key=lambda test: (
            _ORDER.index(tests[test]),
            record.causes.get(test, ("", ""))[1] != "high",
        ),
    )
    slowest = max(record.seconds.values(), default=0.0) or 1.0
    body = [
        (
            badge(tests[test], _OUTCOMES.get(tests[test], "")),
            [
                tag("code", breakable(short_name(test))),
                " ",
                badge("high", "bad") if record.causes.get(test, ("", ""))[1] == "high" else None,
                tag("span", record.causes.get(test, ("no row", ""))[0], class_="cause"),
            ],
            _time(record.seconds.get(function_id(test)), slowest),
        )
        for test in in_order
    ]
    return grid(["Outcome", "Row and what red would mean", "Time"], body, class_="stack")


def _time(seconds: float | None, slowest: float) -> Node:
    if seconds is None:
        return None
    share = round(max(1.0, seconds / slowest * 100), 1)
    bar = tag("rect", width=share, height=4, rx=2, class_="chance")
    picture = tag("svg", bar, view_box="0 0 100 4", preserveAspectRatio="none", aria_hidden="true")
    return tag("div", picture, tag("span", f"{seconds:.2f} s"), class_="time")


def _trust(record: RunRecord) -> str:
    if not record.changed:
        return ""
    many = counted(len(record.changed), "file")
    return f"{many} not as the run left it: do not trust this page"


def _made_with(record: RunRecord) -> Node:
    versions = grid(
        ["What", "Version"],
        [(name, code(value)) for name, value in record.versions.items()],
        class_="text",
    )
    files = grid(
        ["File", "SHA-256"],
        [
            (
                [
                    code(name),
                    " ",
                    badge("not what the run left", "bad") if name in record.changed else None,
                ],
                code(value),
            )
            for name, value in record.digests.items()
        ],
        class_="text",
    )
    return [versions if record.versions else None, tag("br"), files if record.digests else None]
