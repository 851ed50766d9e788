"""A page as a browser's parser sees it: its elements, and what stands in each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from selectolax.lexbor import LexborHTMLParser

if TYPE_CHECKING:
    from collections.abc import Iterator

    from selectolax.lexbor import LexborNode

UNSEEN = "script, style, template"
_UNSEEN_TAGS = frozenset(UNSEEN.split(", "))
ADDRESSES = ("href", "src", "srcset", "action", "formaction", "ping", "poster", "data")
_WITH_ADDRESS = ", ".join(f"[{name}]" for name in ADDRESSES)


@dataclass(frozen=True, slots=True)
class Element:
    """An element with what it holds; one without a node is empty in every way.

    Attributes:
        node: Where it stands in the parsed page.
    """

    node: LexborNode | None = None

    def __iter__(self) -> Iterator[Element]:
        """Yield it and every element inside, in the order of the source."""
        return iter(self._select("*"))

    @property
    def tag(self) -> str:
        """Its name, or empty for none at all."""
        return (self.node and self.node.tag) or ""

    @property
    def attributes(self) -> dict[str, str]:
        """Its attributes by name; one without a value has an empty one."""
        if self.node is None:
            return {}
        return {name: value or "" for name, value in self.node.attributes.items()}

    @property
    def source(self) -> str:
        """Everything that is written in it, for whomever: what a script or a style says, too."""
        return self.node.text() if self.node else ""

    @property
    def text(self) -> str:
        """Everything that it says to a reader."""
        if self.node is None or _says_one_text(self.node) or self.node.css_first(UNSEEN) is None:
            return self.source
        unseen = {
            part.mem_id
            for each in self.node.css(UNSEEN)
            for part in each.traverse(include_text=True)
        }
        parts = self.node.traverse(include_text=True)
        return "".join(part.text_content or "" for part in parts if part.mem_id not in unseen)

    @property
    def shape(self) -> list[tuple[str, list[str]]]:
        """Every element with the names of its attributes: what user data must never change."""
        return [(tag, sorted(names)) for tag, *names in self.tags("*")]

    @property
    def links(self) -> list[str]:
        """Every href of an anchor."""
        return [each.attributes["href"] for each in self._select("a[href]")]

    @property
    def addresses(self) -> list[str]:
        """Everything that a browser might follow, fetch or send to."""
        found = (each.attributes for each in self._select(_WITH_ADDRESS))
        return [each[name] for each in found for name in ADDRESSES if name in each]

    def all(self, tag: str = "", *, having: tuple[str, str] | None = None) -> list[Element]:
        """Return the elements with this tag and this attribute; a class is looked for among several."""
        return self._select(tag + _selector(*having) if having else tag)

    def by_id(self, element_id: str) -> Element:
        """Return the element with this id; an element that is empty in every way where there is none."""
        return next(iter(self.all(having=("id", element_id))), Element())

    def has(self, name: str, value: str) -> bool:
        """Whether an attribute has a value, or a class is among the classes."""
        return self.node is not None and self.node.css_matches(_selector(name, value))

    def tags(self, selector: str) -> list[tuple[str, ...]]:
        """Of what a selector of CSS matches, each tag with the names of its attributes.

        Not by `Element`: of a thousand payloads there would be too many.
        """
        nodes = self.node.css(selector) if self.node else []
        return [(node.tag or "", *node.attributes) for node in nodes]

    def _select(self, selector: str) -> list[Element]:
        """Return the elements inside that a selector of CSS matches, in the order of the source."""
        if self.node is None:
            return []
        return [Element(found) for found in self.node.css(selector)]


def _says_one_text(node: LexborNode) -> bool:
    """Whether it holds nothing but words, as most do that are asked for theirs."""
    inside = node.child
    is_alone = inside is not None and inside.next is None and inside.tag == "-text"
    return is_alone and node.tag not in _UNSEEN_TAGS


def _selector(name: str, value: str) -> str:
    quoted = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'[{name}{"~=" if name == "class" else "="}"{quoted}"]'


def parse_page(html: str) -> Element:
    """Return the whole page as one element."""
    return Element(LexborHTMLParser(html).root)
