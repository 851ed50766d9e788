"""The page of a culprit search: who broke it, how sure that is, and by which probes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runbook.report_page.charts import Candidate, posterior
from runbook.report_page.diff import diff
from runbook.report_page.html import Html, Node, tag
from runbook.report_page.page import badge, code, commands, counted, document, facts, grid, section

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_MOODS = {"found": "bad", "born-red": "bad", "not-reproduced": "unsure", "inconclusive": "unsure"}
_OUTCOMES = {"pass": "good", "fail": "bad"}
_TIPS = {
    "pass": "Without it the tip is green.",
    "fail": "Without it the tip is red too: another commit breaks it as well.",
    "conflict": "Later commits are built upon it: it cannot be reverted by itself.",
    "untestable": "What the tip does without it cannot be said.",
    "unsettled": "Without it the tip is green and red by turns.",
}
_LISTED = 12  # candidates below the picture
_SEEN_AT_ONCE = 60  # commits whose bars and dots stand well apart on a phone, too
_AROUND = 15  # commits on either side of the likeliest, where there are more
_LEAST = 0.001  # probability of those


@dataclass(frozen=True, slots=True)
class SearchRecord:
    """What the page of a search is made from.

    Attributes:
        id: What the search is called.
        result: The search as it said itself, ``culprit/1``.
        at: When it ended, for a person.
        history: Each candidate's full name and subject, oldest first; empty where it is not known.
        patch: What the culprit changed, or empty.
        replay: The command that searches the same again.
    """

    id: str
    result: Mapping[str, Any]
    at: str
    history: tuple[tuple[str, str], ...] = ()
    patch: str = ""
    replay: str = ""


def search_page(record: SearchRecord) -> str:
    """Return the page."""
    result = record.result
    return document(
        title=f"{result['verdict']}: who broke it",
        mood=_MOODS.get(result["verdict"], "unsure"),
        head=_head(record),
        body=list(_sections(record)),
        foot=[tag("p", f"Search {record.id}. This page asks no other host for anything.")],
    )


def _head(record: SearchRecord) -> Node:
    result = record.result
    rates = result.get("rates", {"good_fails": 0.0, "bad_passes": 0.0})
    strip: list[tuple[str, Node]] = [
        ("Sure", f"{result['probability']:.1%}"),
        ("Commits", f"{result.get('size', len(record.history)):,}"),
        ("Runs", f"{result['runs']} in {counted(result['rounds'], 'round')}"),
        ("Took", f"{result['seconds']:.1f} s"),
        ("Good ones fail", f"{rates['good_fails']:.0%}"),
        ("Bad ones pass", f"{rates['bad_passes']:.0%}"),
    ]
    return [
        tag("p", f"Culprit search · {record.at}", class_="kicker"),
        tag("h1", _headline(result)),
        tag("p", code(result.get("row") or result.get("command", "")), class_="lead"),
        facts(strip),
    ]


def _headline(result: Mapping[str, Any]) -> Node:
    culprit = result["culprit"]
    match result["verdict"]:
        case "found" if culprit:
            return [tag("b", culprit["sha"][:10]), " broke it: ", culprit["subject"]]
        case "born-red":
            by = f", which {culprit['sha'][:10]} added" if culprit else ""
            but = f" But {result['why']}." if result.get("why") else ""
            return [tag("b", "Born red."), f" No commit ever passed this test{by}.{but}"]
        case "not-reproduced":
            return [tag("b", "Not reproduced."), " No commit is to blame."]
    return [
        tag("b", "Inconclusive."),
        f" {result.get('why') or 'The search ended without a proof.'}",
    ]


def _sections(record: SearchRecord) -> Iterator[Html]:
    result, culprit = record.result, record.result["culprit"]
    candidates = _candidates(record)
    steps = result.get("next", ())  # a search that is older than they are has none
    if culprit:
        yield section("The culprit", _culprit(culprit, result))
    if steps:
        yield section("Do this", commands(steps))
    if candidates:
        yield section("How likely each commit is", _pictures(candidates), _likeliest(candidates))
    yield section(
        "Probes",
        _probes(result["probes"], {result["good"]: "the good end", **dict(record.history)}),
        note=f"{len(result['probes'])}, in the order in which they ended",
    )
    if record.patch:
        yield section("What the culprit changed", diff(record.patch), open_=True)
    if result.get("row"):  # it says more to a person than how it is run
        yield section("What was run on each commit", commands([result["command"]]))
    if record.replay:
        yield section("Search the same again", commands([record.replay]))


def _culprit(culprit: Mapping[str, Any], result: Mapping[str, Any]) -> Html:
    return tag(
        "article",
        tag("h3", tag("span", culprit["subject"])),
        tag("p", code(culprit["sha"]), f" by {culprit['author']}, {culprit['date']}", class_="at"),
        tag("ul", [tag("li", code(path)) for path in culprit["files"]], class_="plain"),
        tag("p", tip) if (tip := _TIPS.get(result.get("tip_without_culprit", ""))) else None,
        tag("p", result["why"]) if result.get("why") else None,
        class_="card",
    )


def _candidates(record: SearchRecord) -> list[Candidate]:
    """Return the commits in the order of history; those whose place is not known are left as they were ranked."""
    result = record.result
    chances = {each["sha"]: each["probability"] for each in result["candidates"]}
    outcomes: dict[str, tuple[str, ...]] = {}
    for probe in result["probes"]:
        if probe.get("without"):
            continue  # it says nothing of the commit itself
        outcomes[probe["sha"]] = (*outcomes.get(probe["sha"], ()), probe["outcome"])
    named = result["culprit"]["sha"] if result["culprit"] else ""
    known: Sequence[tuple[str, str]] = record.history or [(sha, "") for sha in chances]
    return [
        Candidate(
            sha, subject, chances.get(sha, 0.0), outcomes.get(sha, ()), is_culprit=sha == named
        )
        for sha, subject in known
    ]


def _pictures(candidates: Sequence[Candidate]) -> Html:
    """Return the picture of all commits and, where they are many, one of those around the likeliest."""
    chances = [each.probability for each in candidates]
    words = (
        "Each bar is a commit, oldest on the left, as high as it is likely to be the one, "
        f"the highest to {max(chances):.1%}. A dot is the last probe on it."
    )
    shown = [posterior(candidates), tag("p", words)]
    if len(candidates) > _SEEN_AT_ONCE:
        middle = chances.index(max(chances))
        near = candidates[max(0, middle - _AROUND) : middle + _AROUND + 1]
        shown += [posterior(near), tag("p", f"The same of the {len(near)} around the likeliest.")]
    return tag("div", shown, class_="figure")


def _likeliest(candidates: Sequence[Candidate]) -> Node:
    ranked = sorted(candidates, key=lambda each: -each.probability)
    shown = [each for each in ranked[:_LISTED] if each.probability >= _LEAST]
    if not shown:
        return None
    body = [(code(each.sha[:10]), f"{each.probability:.1%}", each.subject) for each in shown]
    return [tag("br"), grid(["Commit", "Probability", "Subject"], body, class_="stack")]


def _probes(probes: Sequence[Mapping[str, Any]], subjects: Mapping[str, str]) -> Html:
    body = [
        (
            badge(probe["outcome"], _OUTCOMES.get(probe["outcome"], "unsure")),
            [code(probe["sha"][:10]), tag("span", subjects.get(probe["sha"], ""), class_="cause")],
            f"{probe['seconds']:.1f} s",
            [
                _without(probe),
                probe["why"],
                badge("remembered") if probe.get("remembered") else None,
            ],
        )
        for probe in probes
    ]
    return grid(["Outcome", "Commit", "Time", "What it said"], body, class_="stack")


def _without(probe: Mapping[str, Any]) -> Node:
    commit = probe.get("without")
    return ["without ", code(commit[:10]), " "] if commit else None
