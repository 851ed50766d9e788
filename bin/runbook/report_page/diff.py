"""A patch with its lines coloured."""

from __future__ import annotations

from runbook.report_page.html import Html, tag

MAX_LINES = 600
_META = (
    "diff ",
    "index ",
    "--- ",
    "+++ ",
    "@@",
    "new file",
    "deleted file",
    "similarity ",
    "rename ",
)


def diff(patch: str) -> Html:
    """Return a patch, at most `MAX_LINES` lines of it; what is left out is said."""
    lines = patch.split("\n")
    shown = [tag("span", line or " ", class_=_kind(line)) for line in lines[:MAX_LINES]]
    left_out = len(lines) - len(shown)
    more = tag("span", f"... {left_out} more lines", class_="meta") if left_out > 0 else None
    return tag("pre", shown, more, class_="diff", tabindex=0)


def _kind(line: str) -> str | None:
    if line.startswith(_META):
        return "meta"
    return {"+": "add", "-": "cut"}.get(line[:1])
