"""The shell of a page: its head, its style, and the policy under which nothing of it can run or call home."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from runbook.report_page.html import Html, Node, tag

if TYPE_CHECKING:
    from collections.abc import Iterable

# A page like this one has to be readable when it is mailed, so its mark is drawn and not fetched.
_ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'%3E"
    "%3Ccircle cx='4' cy='4' r='3' fill='{}'/%3E%3C/svg%3E"
)
_ICON_COLOURS = {"good": "%232e7d4f", "bad": "%23c23b3b", "unsure": "%23b7791f"}


def document(*, title: str, mood: str, head: Node, body: Iterable[Node], foot: Node) -> str:
    """Return a whole page.

    Args:
        title: Of the window.
        mood: ``good``, ``bad`` or ``unsure``: the colour of the whole.
        head: What stands in its banner.
        body: Its sections, in order; those that are None are left out.
        foot: Its last lines.
    """
    style = _style()
    meta = [
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_policy(style)),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("title", title),
        tag("link", rel="icon", href=_ICON.format(_ICON_COLOURS[mood])),
        tag("style", Html(style)),
    ]
    page = tag(
        "body",
        tag("header", tag("div", head, class_="width"), class_="banner"),
        tag("main", body, class_="width"),
        tag("footer", tag("div", foot, class_="width")),
        class_=mood,
    )
    return f"<!doctype html>\n{tag('html', tag('head', meta), page, lang='en')}\n"


@cache
def _style() -> str:
    return files("runbook.report_page").joinpath("style.css").read_text(encoding="utf-8")


def _policy(style: str) -> str:
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def section(title: str, *content: Node, note: str = "", open_: bool | None = None) -> Html:
    """Return a section with a heading.

    Args:
        title: The heading.
        content: What stands below it.
        note: A quiet word beside the heading.
        open_: Whether a section that folds stands open; None for one that does not fold.
    """
    heading = tag("h2", title, tag("small", note) if note else None)
    if open_ is None:
        return tag("section", heading, content)
    folded = tag("details", tag("summary", heading), content, open=open_)
    return tag("section", folded, class_="folding")


def facts(pairs: Iterable[tuple[str, Node]]) -> Html:
    """Return a strip of facts, each under its name."""
    return tag(
        "dl",
        [tag("div", tag("dt", name), tag("dd", value)) for name, value in pairs],
        class_="facts",
    )


def code(text: Node) -> Html:
    """Return something to read letter by letter."""
    return tag("code", text)


def commands(lines: Iterable[str]) -> Html:
    """Return commands to copy, one a line; where one is longer than a screen its rest is set in."""
    return tag("pre", [[tag("span", each), "\n"] for each in lines], class_="commands", tabindex=0)


def grid(head: Iterable[str], rows: Iterable[Iterable[Node]], *, class_: str = "") -> Html:
    """Return a table that scrolls in itself where the screen is narrow; a cell knows its column's name."""
    names = list(head)
    lines = [
        tag("tr", [tag("td", cell, data_name=name) for name, cell in zip(names, row, strict=True)])
        for row in rows
    ]
    top = tag("thead", tag("tr", [tag("th", name, scope="col") for name in names]))
    whole = tag("table", top, tag("tbody", lines), class_=class_ or None)
    return tag("div", whole, class_="scroll", tabindex=0)


def counted(number: int, one: str) -> str:
    """Return how many there are of something, in words."""
    return f"{number} {one}{'' if number == 1 else 's'}"


def badge(text: str, mood: str = "") -> Html:
    """Return a word in a box."""
    return tag("span", text, class_=f"badge {mood}".strip())


def breakable(name: str) -> Node:
    """Return a long name, or a place, that may break between its parts, as a narrow screen makes it."""
    return [[part, tag("wbr")] for part in re.findall(r"[_/:]*[^_/:]+[_/:]*|[_/:]+", name)]
