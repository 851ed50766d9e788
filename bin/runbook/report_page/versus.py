"""What was wanted beside what was got, so that a reader sees where they differ."""

from __future__ import annotations

from runbook.report_page.html import Html, Node, tag
from runbook.runs.report_lines import alike

_CONTEXT = 60  # characters that are alike, shown before and after what differs
_FOLDED = 2 * _CONTEXT  # fewer that are alike are shown whole


def versus(want: str, got: str) -> Html:
    """Return both texts; what differs is marked, and of a long text that is alike only the edge is shown.

    Args:
        want: What was wanted; empty where that is not known.
        got: What was got instead.
    """
    before = alike(want, got)
    after = alike(want[before:][::-1], got[before:][::-1])
    boxes = [_box("wanted", want, before, after)] if want else []
    boxes.append(_box("got", got or "nothing was said", before, after))
    return tag("dl", boxes, class_="versus")


def _box(name: str, text: str, before: int, after: int) -> Html:
    kind = {"wanted": "want"}.get(name, name)
    return tag("div", tag("dt", name), tag("dd", _parts(text, before, after)), class_=kind)


def _parts(text: str, before: int, after: int) -> Node:
    end = len(text) - after
    if not before and not after:
        return text  # nothing is alike, so that a mark would say nothing
    start_is_folded, end_is_folded = before > _FOLDED, after > _FOLDED
    return [
        _alike(before - _CONTEXT) if start_is_folded else None,
        text[before - _CONTEXT if start_is_folded else 0 : before],
        tag("mark", text[before:end]) if before < end else None,
        text[end : end + _CONTEXT if end_is_folded else len(text)],
        _alike(after - _CONTEXT) if end_is_folded else None,
    ]


def _alike(count: int) -> Html:
    return tag("span", f" … {count} characters that are alike … ", class_="alike")
