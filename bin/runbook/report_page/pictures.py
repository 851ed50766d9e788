"""Screenshots as part of the page, each beside what the previous run showed."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook.report_page.html import Html, tag

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_BYTES = 4_000_000  # of one picture; a page is to be mailed and opened on a phone
MAX_TOTAL = 24_000_000
_KINDS = ((b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"))


@dataclass(frozen=True, slots=True)
class Picture:
    """A screenshot.

    Attributes:
        name: Where it lies in its run's folder.
        test: The test that kept it, or empty.
        source: Its ``data:`` address; see `data_address`.
        before: That of the same picture of the previous run, or empty.
    """

    name: str
    test: str
    source: str
    before: str = ""


def data_address(content: bytes) -> str:
    """Return a picture as a ``data:`` address, or nothing where these bytes are no picture.

    The bytes are asked and not the file's name: a file that only claims to be one is not put in.
    """
    for start, kind in _KINDS:
        if content.startswith(start):
            return f"data:{kind};base64,{base64.b64encode(content).decode()}"
    return ""


def gallery(pictures: Iterable[Picture], *, has_short_names: bool = False) -> Html:
    """Return the pictures; beside each what was there before, where the previous run has it.

    Args:
        pictures: In order.
        has_short_names: Whether the folder, which is the same for all, is left out of their names.
    """
    shown = list(pictures)
    has_pairs = any(picture.before for picture in shown)
    figures = [
        _figure(each, each.name.rpartition("/")[2] if has_short_names else each.name)
        for each in shown
    ]
    return tag("div", figures, class_="gallery pairs" if has_pairs else "gallery")


def _figure(picture: Picture, name: str) -> Html:
    if not picture.before:
        return tag("figure", tag("figcaption", name), _shot(picture.source, picture.name))
    pair = tag(
        "div",
        tag(
            "div",
            tag("small", "the previous run"),
            _shot(picture.before, f"{picture.name}, before"),
        ),
        tag("div", tag("small", "this run"), _shot(picture.source, picture.name)),
        class_="shots",
    )
    word = " · unchanged" if picture.before == picture.source else " · changed"
    return tag("figure", tag("figcaption", name, word), pair)


def _shot(source: str, name: str) -> Html:
    """Return a picture that is shown whole when it is clicked; a long page would fill the screen."""
    image = tag("img", src=source, alt=name)
    return tag("details", tag("summary", image), class_="shot")
