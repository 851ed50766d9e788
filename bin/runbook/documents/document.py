"""Text in documents that is made from what it describes, between a pair of markers.

A block looks like ``<!-- generated: rows -->`` ... ``<!-- end of rows -->``, in YAML like
``# generated: paths`` ... ``# end of paths`` and indented as its markers are. `refresh` writes it, and
`stale_documents` tells what that would change.
"""

from __future__ import annotations

import html
import re
import textwrap
from itertools import groupby
from typing import TYPE_CHECKING

from runbook.documents.shown import base_name
from runbook.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path
    from typing import Any

    from runbook.rows import Row

_BLOCKS = (
    re.compile(
        r"(?P<indent>)(?P<open><!-- generated: (?P<name>[a-z-]+) -->\n).*?(?P<close><!-- end of (?P=name) -->)",
        re.DOTALL,
    ),
    re.compile(
        r"^(?P<indent> *)(?P<open># generated: (?P<name>[a-z-]+)\n).*?(?P<close>^ *# end of (?P=name)$)",
        re.DOTALL | re.MULTILINE,
    ),
)


def render(text: str, blocks: Mapping[str, Callable[[], str]]) -> str:
    """Return ``text`` with each generated block made anew.

    Raises:
        UsageError: A marker names a block that nobody makes.
    """

    def replace(match: re.Match[str]) -> str:
        name = match["name"]
        if name not in blocks:
            raise UsageError(
                f"nobody generates a block {name!r}; there are: {', '.join(sorted(blocks))}"
            )
        body = textwrap.indent(blocks[name]().rstrip(), match["indent"])
        return f"{match['indent']}{match['open']}{body}\n{match['close']}"

    for block in _BLOCKS:
        text = block.sub(replace, text)
    return text


def refresh(documents: Iterable[Path], blocks: Mapping[str, Callable[[], str]]) -> list[Path]:
    """Make the blocks of ``documents`` anew; return the documents that changed."""
    changed = []
    for document in documents:
        before = document.read_text(encoding="utf-8")
        after = render(before, blocks)
        if after != before:
            document.write_text(after, encoding="utf-8")
            changed.append(document)
    return changed


def stale_documents(
    documents: Iterable[Path], blocks: Mapping[str, Callable[[], str]]
) -> list[Path]:
    """Return the documents that `refresh` would change."""
    texts = ((document, document.read_text(encoding="utf-8")) for document in documents)
    return [document for document, text in texts if render(text, blocks) != text]


def table(head: Sequence[str], body: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; a cell's bars are escaped."""
    lines = [head, ["---"] * len(head), *body]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines
    )


def rows_table(rows: Iterable[Row]) -> str:
    """Return the runbook's table: every failing test with its likely root cause."""
    body = (
        [
            f"`{row.test}`",
            f"**{row.severity}**" if row.severity == "high" else str(row.severity),
            html.escape(row.cause, quote=False),
            "<br>".join(f"`{suspect}`" for suspect in row.suspects),
        ]
        for row in rows
    )
    return table(["Failing test", "Severity", "Likely root cause", "Suspects"], body)


def sessions_table(sessions: Iterable[Mapping[str, Any]]) -> str:
    """Return what Nox can run, a line a session; its Pythons and parameters stand together."""
    body = []
    for name, variants in groupby(sessions, key=lambda session: base_name(session["name"])):
        first, *others = variants
        own = [each["name"].removeprefix(name).strip("-()") for each in (first, *others)]
        body.append(
            [
                f"`{name}`",
                ", ".join(f"`{each}`" for each in own if each),
                "yes" if first["default"] else "",
                ", ".join(first["tags"]),
                first["help"],
            ]
        )
    return table(["Session", "Each with", "In `bin/nox`", "Tags", "What it does"], body)


def tasks_table(tasks: Iterable[Mapping[str, Any]]) -> str:
    """Return what Invoke can do, a line a task."""
    body = (
        [
            " ".join([f"`{task['name']}`", *(name.upper() for name in task["positional"])]),
            " ".join(f"`{option['name']}`" for option in task["options"]),
            task["help"],
        ]
        for task in tasks
    )
    return table(["Task", "Options", "What it does"], body)


def decisions_list(files: Iterable[Path], *, folder: str) -> str:
    """Return the decisions, each by its first heading.

    Args:
        files: One Markdown file a decision.
        folder: Where they are, as the document links to them.
    """
    titles = ((file, file.read_text(encoding="utf-8").partition("\n")[0]) for file in files)
    return "\n".join(
        f"- [{title.removeprefix('# ')}]({folder}/{file.name})" for file, title in titles
    )
