"""HTML made of values: whatever text is put in is shown, and none of it is markup.

Titles of canvases, messages of tests and names of commits may be anybody's. So text is escaped where it is
put in, and what a reader cannot see (controls, overrides of direction, halves of surrogates) is spelled out.
"""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Iterable

_VOID = frozenset({"br", "img", "link", "meta", "wbr"})
_SPELLED_OUT = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})  # categories of Unicode
_LAYOUT = frozenset("\n\t")


class Html(str):
    """Markup that stands as it is."""

    __slots__ = ()


Node = str | int | None | Iterable["Node"]
Attribute = str | int | float | bool | None


def visible(text: str) -> str:
    """Spell out the characters that would hide, reorder or break what is read."""
    return "".join(_visible(character) for character in text)


def _visible(character: str) -> str:
    if character in _LAYOUT or unicodedata.category(character) not in _SPELLED_OUT:
        return character
    return f"\\u{ord(character):04x}"


def join(node: Node) -> Html:
    """Return a node, or several, as markup: `Html` as it is, other text escaped, None as nothing."""
    if node is None:
        return Html()
    if isinstance(node, Html):
        return node
    if isinstance(node, str | int):
        return Html(html.escape(visible(str(node))))
    return Html("".join(map(join, node)))


def tag(name: str, /, *children: Node, **attributes: Attribute) -> Html:
    """Return an element.

    Args:
        name: Its name.
        children: What stands in it; see `join`.
        attributes: Its attributes; ``class_`` is class and ``view_box`` viewBox, other underscores are hyphens.
            True is an attribute without a value, False and None are left out.
    """
    written = "".join(
        f" {_attribute_name(key)}"
        if value is True
        else f' {_attribute_name(key)}="{_value(value)}"'
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    if name in _VOID:
        return Html(f"<{name}{written}>")
    return Html(f"<{name}{written}>{join(children)}</{name}>")


def _attribute_name(key: str) -> str:
    return "viewBox" if key == "view_box" else key.rstrip("_").replace("_", "-")


def _value(value: Attribute) -> str:
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return html.escape(visible(text))
