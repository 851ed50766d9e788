"""The text of one issue for one cause, the same every week, so that it is updated and not opened again. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SCHEMA = "drift-issue/1"
_SHOWN = 5  # names of the failure; the evidence has all of them


def cause_key(kind: str, names: Iterable[str]) -> str:
    """Return the key of a cause: eight hexadecimal digits that depend on who is to blame and on nothing of the week.

    Args:
        kind: The verdict.
        names: Who is to blame, each with its first bad release.
    """
    return hashlib.sha256("\0".join([kind, *sorted(names)]).encode()).hexdigest()[:8]


@dataclass(frozen=True, slots=True)
class Issue:
    """What a workflow opens, updates or closes.

    Attributes:
        key: Of its cause.
        title: One line.
        body: Markdown; its first line holds the key, by which the issue is found again.
        state: "open" or "closed".
    """

    key: str
    title: str
    body: str
    state: str = "open"

    def to_json(self) -> dict[str, Any]:
        """Return ``drift-issue/1``."""
        return {
            "schema": SCHEMA,
            "key": self.key,
            "marker": marker(self.key),
            "state": self.state,
            "title": self.title,
            "body": self.body,
            "labels": ["dependencies", "drift"],
        }


def marker(key: str) -> str:
    """Return the comment by which an issue is found again."""
    return f"<!-- drift-key: {key} -->"


def keys_of(record: Mapping[str, Any]) -> dict[str, list[dict[str, str]]]:
    """Return the causes of a ``drift/1`` record by their keys, each with who is to blame."""
    verdict = record["verdict"]
    if record["culprits"]:
        return {
            cause_key(verdict, (f"{each['name']} {each['first_bad']}" for each in group)): group
            for group in record["culprits"]
        }
    if verdict in {"clean", "inconclusive"}:
        return {}
    return {cause_key(verdict, [record.get("tier", "")]): []}


def issues_of(records: Iterable[Mapping[str, Any]]) -> list[Issue]:
    """Return one open issue for each cause of some ``drift/1`` records, whatever number of tiers it breaks."""
    causes: dict[str, list[tuple[list[dict[str, str]], Mapping[str, Any]]]] = {}
    for record in records:
        for key, group in keys_of(record).items():
            causes.setdefault(key, []).append((group, record))
    return [_issue(key, shown) for key, shown in causes.items()]


def _issue(key: str, shown: list[tuple[list[dict[str, str]], Mapping[str, Any]]]) -> Issue:
    """Return the issue of a cause.

    Args:
        key: Of the cause.
        shown: Who is to blame and the record, for each tier; the first is told in full.
    """
    group, record = shown[0]
    names = " with ".join(f"{each['name']} {each['first_bad'] or each['to']}" for each in group)
    tiers = ", ".join(other["tier"] for _, other in shown if other.get("tier")) or "the tests"
    title = f"Drift: {names} breaks {tiers}" if group else f"Drift: {tiers}: {record['verdict']}"
    body = _body(group, record)
    for _, other in shown[1:]:
        body += ["", f"It breaks {other['tier']} too:", "", *_commands(other)]
    body += ["", f"Newest as of {record['as_of'] or 'the run (the index has no dates)'}."]
    return Issue(key, title, "\n".join([marker(key), "", *body]) + "\n")


def _commands(record: Mapping[str, Any]) -> list[str]:
    return ["```bash", *record["repeat"].values(), "```"]


def _body(group: list[dict[str, str]], record: Mapping[str, Any]) -> list[str]:
    lines = [f"Verdict: **{record['verdict']}**. {record['why']}".rstrip(), ""]
    if group:
        lines += ["| Upgrade to blame | From | To | First bad |", "| --- | --- | --- | --- |"]
        lines += [
            f"| {each['name']} | {each['from']} | {each['to']} | {each['first_bad'] or 'not looked for'} |"
            for each in group
        ]
        lines += [
            "",
            "Together they are red, and none of them alone."
            if len(group) > 1
            else "It is red by itself.",
            "",
        ]
    for title, names in (
        ("Shows as", record["failure"][:_SHOWN]), ("Says", record["says"]),
        ("Green with", [*record["pins"], *record["build_pins"]]),
        ("Held below its newest", record["hold"]), ("Carried along, innocent", record["carried"]),
    ):  # fmt: skip
        if names:
            lines.append(f"- {title}: {', '.join(f'`{name}`' for name in names)}")
    return [*lines, "", "To see it again:", "", *_commands(record)]


def healed(key: str, why: str) -> Issue:
    """Return the closed issue of a cause that is gone."""
    return Issue(key, f"Drift: {key} has healed", f"{marker(key)}\n\n{why}\n", state="closed")
