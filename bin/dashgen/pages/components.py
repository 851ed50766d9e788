"""What stands on a canvas, made ready for its template: checked numbers, safe links, plain text.

Every field of a component was written by a stranger. Nothing here returns markup except notes,
which come sanitised from `rich_text`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from dashgen.links import safe_href
from dashgen.pages.rich_text import plain_note, render_note

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from markupsafe import Markup

    from dashgen.room_schema import Component, Stage

SPRITES: Final = frozenset(
    {
        "arcade", "bookshelf", "cat", "chair", "clock", "desk", "door", "easel", "frame", "globe",
        "guitar", "lamp", "microphone", "mug", "object", "piano", "plant", "record", "rug", "sign",
        "speaker", "toolbox", "typewriter", "window", "workbench",
    }
)  # fmt: skip

KINDS: Final = {
    "text": "text",
    "badge": "text",
    "card": "text",
    "ticker": "text",
    "sprite": "sprite",
    "prop": "sprite",
    "slot": "sprite",
    "svg": "shape",
    "staff": "staff",
    "link": "link",
    "embed": "link",
    "click-to-link": "link",
    "click-to-read": "note",
}
# Per kind: the property that picks a variant, the variants there are, and the one for the rest.
VARIANTS: Final = {
    "text": (("variant",), frozenset({"eyebrow", "hero", "body"}), "body"),
    "sprite": (("sprite_id", "sprite"), SPRITES, "object"),
    "shape": (("shape",), frozenset({"stage_floor", "rect"}), "rect"),
}
_CAPTIONS: Final = ("label", "title", "text", "name")
DEFAULT_CAPTIONS: Final = {"link": "Open link", "note": "Read"}
_TEXT_LIMIT: Final = 4_000
# Formatting is what takes time on this page, so a canvas gets no more of it than people write.
_FORMATTED_NOTES: Final = 16_000
_BAND: Final = 120


@dataclass(frozen=True, slots=True)
class Part:
    """One component as its template sees it.

    Attributes:
        index: Its number on the page; all its ids and classes are made from it.
        kind: text, sprite, shape, staff, link, note or unknown.
        variant: Which one of its kind, always one of our own names; empty where there is only one.
        text: Plain text to show: what it says, or its label.
        is_link: Whether it was meant to lead somewhere.
        href: Where it leads, when that is safe.
        note: What it gives to read, already sanitised, or None.
        is_sized: Whether its maker gave it a width.
    """

    index: int
    kind: str
    variant: str
    text: str
    is_link: bool
    href: str | None
    note: Markup | None
    is_sized: bool


def reading_order(components: Iterable[Component]) -> list[Component]:
    """Return the visible components from the top down, then from left to right.

    The page makes sense in this order where it is read in a row: on small screens, by a screen
    reader, without a style sheet. Heights are taken in bands, so that a small difference in height
    does not part what stands side by side.
    """
    visible = [component for component in components if not component.hidden]
    return sorted(visible, key=lambda one: (_number(one.y) // _BAND, _number(one.x)))


def lay_out(ordered: Sequence[Component]) -> list[Part]:
    """Prepare components for the template.

    Args:
        ordered: What `reading_order` returned.
    """
    parts: list[Part] = []
    left = _FORMATTED_NOTES
    for index, component in enumerate(ordered):
        fields = _fields(component)
        source = _first_text(fields, ("markdown", "content", "body"))
        is_formatted = len(source) <= left
        left -= len(source) if is_formatted else 0
        parts.append(_part(index, component, fields, _note(source, is_formatted=is_formatted)))
    return parts


def stage_style(ordered: Sequence[Component], stage: Stage) -> str:
    """Place the parts on the stage.

    Args:
        ordered: As given to `lay_out`, so that the numbers agree.
        stage: Its width and height in the units of the components' positions.

    Returns:
        CSS made of our own class names and of finite numbers in fixed notation; nothing else.
    """
    width = _within(stage.width, 1, 100_000)
    height = _within(stage.height, width / 3, width * 2)
    ratio = f".stage{{aspect-ratio:{_plain(width)}/{_plain(height)}}}"
    rules = "".join(_rule(index, one, width, height) for index, one in enumerate(ordered))
    return f"@media (min-width:45rem){{{ratio}{rules}}}"


def _rule(index: int, component: Component, width: float, height: float) -> str:
    wide = _within(component.w, 0, width)
    tall = _within(component.h, 0, height)
    # What has no size of its own is kept far enough from the edges to be seen.
    left = _within(component.x, 0, width - (wide or width * 0.08))
    top = _within(component.y, 0, height - (tall or height * 0.08))
    rule = f"left:{_plain(100 * left / width)}%;top:{_plain(100 * top / height)}%;"
    if wide:
        rule += f"width:{_plain(100 * wide / width)}%;"
    if tall:
        rule += f"height:{_plain(100 * tall / height)}%;"
    if turn := _number(component.rotation) % 360:
        rule += f"rotate:{_plain(turn)}deg;"
    return f".at-{index}{{{rule}z-index:{int(_within(component.z, -999, 999))}}}"


def _note(source: str, *, is_formatted: bool) -> Markup | None:
    if not source.strip():
        return None
    return render_note(source) if is_formatted else plain_note(source)


def _part(
    index: int, component: Component, fields: Mapping[str, object], note: Markup | None
) -> Part:
    kind = KINDS.get(component.type.replace("_", "-"), "unknown")
    url = _first_text(fields, ("url", "href", "destination"))
    caption = _first_text(fields, _CAPTIONS).strip()
    if not caption:
        caption = DEFAULT_CAPTIONS.get(kind, component.type if kind == "unknown" else "")
    return Part(
        index=index,
        kind=kind,
        variant=_variant(kind, fields),
        text=caption[:_TEXT_LIMIT],
        is_link=kind == "link" or bool(url),
        href=safe_href(url),
        note=note,
        is_sized=_number(component.w) > 0,
    )


def _variant(kind: str, fields: Mapping[str, object]) -> str:
    if kind not in VARIANTS:
        return ""
    names, known, default = VARIANTS[kind]
    asked = _first_text(fields, names)
    return asked if asked in known else default


def _fields(component: Component) -> dict[str, object]:
    """Take properties and interactions as one: `{"link": {"url": ...}}` counts as `url`."""
    fields: dict[str, object] = dict(component.props)
    for name, value in component.interaction.items():
        fields |= value if isinstance(value, dict) else {name: value}
    return fields


def _first_text(fields: Mapping[str, object], names: Sequence[str]) -> str:
    """Return the first of these fields that holds text; numbers and structures are not shown."""
    values = (fields.get(name) for name in names)
    return next((value for value in values if isinstance(value, str) and value), "")


def _number(value: object) -> float:
    """Return a finite number, and zero for whatever is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0.0
    # Comparing first: an int can be too large to become a float at all.
    # Adding zero: minus zero becomes zero, which is written without a sign.
    return float(value) + 0.0 if abs(value) < 1e9 and math.isfinite(value) else 0.0


def _within(value: object, low: float, high: float) -> float:
    return min(max(_number(value), low), high)


def _plain(number: float) -> str:
    """Write a number as CSS takes it, never in exponent form."""
    return f"{number:.3f}".rstrip("0").rstrip(".")
