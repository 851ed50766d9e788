"""A page as a parser sees it: its elements, and what stands in each."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())  # noqa: SIM905
UNSEEN = frozenset({"script", "style", "template"})
ADDRESSES = frozenset({"href", "src", "srcset", "action", "formaction", "ping", "poster", "data"})


@dataclass(slots=True)
class Element:
    """An element with what it holds.

    Attributes:
        tag: Its name, or empty for none at all.
        attributes: By name; one without a value has an empty one.
        parts: Its texts and elements, in order.
    """

    tag: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    parts: list[str | Element] = field(default_factory=list)

    def __iter__(self) -> Iterator[Element]:
        """Yield every element inside, in the order of the source."""
        unseen = list(reversed(self.parts))
        while unseen:
            part = unseen.pop()
            if isinstance(part, Element):
                yield part
                unseen.extend(reversed(part.parts))

    @property
    def text(self) -> str:
        """Everything that it says to a reader."""
        return "".join(
            part if isinstance(part, str) else part.text
            for part in self.parts
            if isinstance(part, str) or part.tag not in UNSEEN
        )

    @property
    def shape(self) -> list[tuple[str, list[str]]]:
        """Every element with the names of its attributes: what user data must never change."""
        return [(element.tag, sorted(element.attributes)) for element in self]

    @property
    def links(self) -> list[str]:
        """Every href of an anchor."""
        return [each.attributes["href"] for each in self.all("a") if "href" in each.attributes]

    @property
    def addresses(self) -> list[str]:
        """Everything that a browser might follow, fetch or send to."""
        return [
            each.attributes[name] for each in self for name in ADDRESSES & each.attributes.keys()
        ]

    def all(self, tag: str = "", *, having: tuple[str, str] | None = None) -> list[Element]:
        """Return the elements with this tag and this attribute; a class is looked for among several."""
        return [
            each for each in self if tag in {"", each.tag} and (having is None or each.has(*having))
        ]

    def by_id(self, element_id: str) -> Element:
        """Return the element with this id; an element that is empty in every way where there is none."""
        return next(iter(self.all(having=("id", element_id))), Element())

    def has(self, name: str, value: str) -> bool:
        """Whether an attribute has a value, or a class is among the classes."""
        said = self.attributes.get(name)
        return said is not None and value in (said.split() if name == "class" else [said])


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = Element()
        self._open = [self.root]

    def updatepos(self, i: int, j: int) -> int:  # noqa: ARG002 - its signature
        """Count no lines: nobody asks where something stands, and a page is counted through piece by piece."""
        return j

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self._open[-1].parts.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        depth = next((n for n, each in enumerate(reversed(self._open)) if each.tag == tag), None)
        if depth is not None and tag:
            del self._open[-1 - depth :]

    def handle_data(self, data: str) -> None:
        self._open[-1].parts.append(data)


def parse_page(html: str) -> Element:
    """Return the whole page as one element."""
    builder = _Builder()
    builder.feed(html)
    builder.close()
    return builder.root
