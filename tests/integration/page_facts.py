"""What a page is, as Chromium itself sees it: asked by scripts of ours, answered as plain data.

They are run by the page and not by a locator, for what `hands` says.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import msgspec

from dashgen.room_schema import RoomState
from tests.integration.browser import ACTION_MS, VIOLATION
from tests.integration.waiting import UNTIL

if TYPE_CHECKING:
    from playwright.sync_api import ConsoleMessage, Page, Response

# Somebody can see it: it is drawn, and takes up room. Answers with how many there are, and the texts of the seen.
_SIGHTS = """(selectors) => {
  const isSeen = (element) => {
    const box = element.getBoundingClientRect();
    const drawn = element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true });
    return drawn && box.width > 1 && box.height > 1;
  };
  return selectors.map((selector) => {
    const elements = [...document.querySelectorAll(selector)];
    return [elements.length, elements.filter(isSeen).map((element) => element.textContent.trim())];
  });
}"""

# As soon as it is so.
_BECOMES = f"""([selector, words, isWanted, patience]) => {{
  {UNTIL}
  const isSeen = () => [...document.querySelectorAll(selector)].some((element) =>
    element.textContent.includes(words) && element.checkVisibility({{ checkVisibilityCSS: true }}));
  return until(() => isSeen() === isWanted, patience);
}}"""
_PROPERTY = "([selector, name]) => document.querySelector(selector)[name]"

# Every element, and the names of its attributes: what a stranger's words must never change. A link
# may lose its address, and a note is formatted: those are judged by `addresses` and `note_elements`.
_SHAPE_OF = """const shapeOf = (root) => [...root.querySelectorAll("*")]
  .filter((element) => !element.closest("#grid, .prose"))
  .map((element) => [element.localName, ...element.getAttributeNames()
    .filter((name) => !["href", "rel", "hidden"].includes(name)).sort()].join(" "));"""
# Chromium parses what this request fetches as it parses a page, and runs nothing in it.
_SHAPES = f"""(urls) => {{
  {_SHAPE_OF}
  return Promise.all(urls.map((url) => new Promise((resolve) => {{
    const request = new XMLHttpRequest();
    request.responseType = "document";
    request.onloadend = () => resolve(request.response ? shapeOf(request.response).join("\\n") : "");
    request.open("GET", url);
    request.send();
  }})));
}}"""
_SHAPE = f"() => {{ {_SHAPE_OF} return shapeOf(document).join('\\n'); }}"
_CARDS = """() => [...document.querySelectorAll("#grid > *")].map((card) => [
  card.dataset.canvasId ?? "",
  [card, ...card.querySelectorAll("*")]
    .map((element) => [element.localName, ...element.getAttributeNames().sort()].join(" "))
    .join("\\n"),
  [card.className, card.querySelector("a")?.href, card.querySelector("use")?.href.baseVal,
    ...[...card.querySelectorAll("span, p")].map((words) => words.textContent.trim())].join("\\n")])"""
_FOCUSED_CARD = "document.activeElement.closest('#grid > *')?.dataset.canvasId ?? ''"
# In hundredths of the stage.
_PLACES = """(selector) => {
  const stage = document.querySelector(".stage").getBoundingClientRect();
  return [...document.querySelectorAll(selector)].map((part) => part.getBoundingClientRect())
    .map((box) => [100 * (box.x - stage.x) / stage.width, 100 * (box.y - stage.y) / stage.height]);
}"""
_MIDDLE = """(selector) => {
  const box = document.querySelector(selector).getBoundingClientRect();
  return [box.x + box.width / 2, box.y + box.height / 2];
}"""
_IS_AT_END = f"""([selector, patience]) => {{
  {UNTIL}
  const element = document.querySelector(selector);
  return until(() => element.scrollTop + element.clientHeight >= element.scrollHeight - 1, patience);
}}"""
_IS_INSIDE = """([inner, outer]) => {
  const [small, large] = [inner, outer].map((each) => document.querySelector(each).getBoundingClientRect());
  return large.top <= small.top && small.bottom <= large.bottom
    && large.left <= small.left && small.right <= large.right;
}"""

_ADDRESSES = """() => {
  const names = ["href", "xlink:href", "src", "srcset", "action", "formaction", "ping", "data",
    "poster", "background", "cite", "codebase", "manifest"];
  return [...document.querySelectorAll("*")].flatMap((element) => names
    .filter((name) => element.hasAttribute(name))
    .map((name) => {
      const text = element.getAttribute(name);
      const url = URL.canParse(text, document.baseURI) ? new URL(text, document.baseURI) : null;
      return [element.localName, url?.protocol ?? "unreadable", url?.host ?? "", text, url?.username ?? ""];
    }));
}"""
_SCHEMES = {"http:", "https:", "mailto:"}

# Links to places on the page that it does not have.
_DEAD_ENDS = """() => [...document.querySelectorAll("a[href^='#']")].map((link) => link.getAttribute("href"))
  .filter((href) => !document.getElementById(decodeURIComponent(href.slice(1))))"""

_NOTE_ELEMENTS = """() => [...new Set([...document.querySelectorAll(".prose *")].map((element) =>
  [element.localName, ...element.getAttributeNames().sort()].join(" ")))]"""
NOTE_ELEMENTS = {
    *("blockquote", "br", "code", "em", "h3", "h4", "hr", "li", "ol", "p", "pre", "strong", "ul"),
    "a href rel",
    "a href rel title",
    "a rel",
    "a rel title",
}

# A dialog tells of its closing a little later.
_REMEMBERS = f"""([key, patience]) => {{
  {UNTIL}
  return until(() => localStorage.getItem(key) !== null, patience);
}}"""

_RAN = "a script ran"
# Neither an element nor a text that trusted types would stop: only the policy on scripts does.
_FOLLOW_SCRIPT = f"""() => {{
  const link = document.createElement("a");
  link.href = "javascript:console.log('{_RAN}')";
  document.body.append(link);
  link.click();
}}"""


def seen(page: Page, selector: str) -> list[str]:
    """Return the texts of those elements that somebody can see."""
    return sights(page, selector)[0].seen


@dataclass(frozen=True, slots=True)
class Sight:
    """What is to be seen of the elements that a selector matches.

    Attributes:
        count: How many there are, seen or not.
        seen: The texts of those that somebody can see.
    """

    count: int
    seen: list[str]


def sights(page: Page, *selectors: str) -> list[Sight]:
    """Return what is to be seen of each of these selectors, all of it at the same moment."""
    return [Sight(*sight) for sight in page.evaluate(_SIGHTS, selectors)]


def appears(page: Page, selector: str, words: str = "") -> bool:
    """Whether an element that says these words can be seen, now or in a moment."""
    return cast("bool", page.evaluate(_BECOMES, [selector, words, True, ACTION_MS]))


def disappears(page: Page, selector: str) -> bool:
    """Whether no such element can be seen, now or in a moment."""
    return cast("bool", page.evaluate(_BECOMES, [selector, "", False, ACTION_MS]))


def state_of(page: Page, selector: str, name: str) -> Any:
    """Return a property of the first of the elements that a selector matches, such as ``value``."""
    return page.evaluate(_PROPERTY, [selector, name])


def ground(page: Page) -> str:
    """Return the colour that everything on the page stands on."""
    return cast("str", page.evaluate("getComputedStyle(document.body).backgroundColor"))


def shape(page: Page) -> str:
    """Return every element of the page with the names of its attributes."""
    return cast("str", page.evaluate(_SHAPE))


def shapes(page: Page, urls: list[str]) -> list[str]:
    """Return the shape of each of these pages as Chromium parses it, without opening it.

    Args:
        page: Whose policy is bypassed: it would hold for the pages that are parsed too.
        urls: What to parse.
    """
    return cast("list[str]", page.evaluate(_SHAPES, urls))


@dataclass(frozen=True, slots=True)
class Card:
    """A card in the grid.

    Attributes:
        canvas_id: Whose card it is; "" where it is none.
        shape: Its elements, and the names of their attributes.
        looks: Its classes, its addresses and its words.
    """

    canvas_id: str
    shape: str
    looks: str


def cards(page: Page) -> list[Card]:
    """Return every card in the grid, in order."""
    return [Card(*card) for card in page.evaluate(_CARDS)]


def focused_card(page: Page) -> str:
    """Return the canvas of the card that has the focus; "" where none has."""
    return cast("str", page.evaluate(_FOCUSED_CARD))


def focused(page: Page) -> str:
    """Return the id of the element that has the focus."""
    return cast("str", page.evaluate("document.activeElement.id"))


def places(page: Page, selector: str) -> list[tuple[float, float]]:
    """Return where each of these parts begins, in hundredths of the stage."""
    return [(across, down) for across, down in page.evaluate(_PLACES, selector)]


def is_inside(page: Page, inner: str, outer: str) -> bool:
    """Whether all of an element is within another."""
    return bool(page.evaluate(_IS_INSIDE, [inner, outer]))


def scrolls(page: Page, selector: str) -> bool:
    """Whether a wheel brings the end of an element, now or in a moment."""
    page.mouse.move(*page.evaluate(_MIDDLE, selector))
    page.mouse.wheel(0, 9_999)
    return cast("bool", page.evaluate(_IS_AT_END, [selector, ACTION_MS]))


def allowed_sources(answer: Response) -> dict[str, list[str]]:
    """Return what the policy of a page lets in, by directive."""
    directives = answer.headers.get("content-security-policy", "").split(";")
    return {name: sources for name, *sources in map(str.split, filter(None, directives))}


def bad_addresses(page: Page) -> list[list[str]]:
    """Return the addresses that lead anywhere but to the web or into a mailbox, as Chromium reads them.

    Whatever is no link must stay on the site. A link may leave it where it says so: by a scheme, and with nothing
    before the host that could be taken for one.
    """
    own = page.url.split("/")[2]
    return [address for address in page.evaluate(_ADDRESSES) if _is_bad(*address, own=own)]


def _is_bad(element: str, scheme: str, host: str, text: str, user: str, *, own: str) -> bool:
    if scheme not in _SCHEMES or user:
        return True
    if element != "a":
        return host != own
    return host not in ("", own) and not text.startswith(scheme)


def dead_ends(page: Page) -> list[str]:
    """Return the links to places on the page that it does not have."""
    return cast("list[str]", page.evaluate(_DEAD_ENDS))


def odd_note_elements(page: Page) -> list[str]:
    """Return the elements, with their attributes, that no note may hold."""
    return sorted(set(page.evaluate(_NOTE_ELEMENTS)) - NOTE_ELEMENTS)


def boot_room(page: Page) -> RoomState:
    """Return the room as scripts would read it from the page's boot data."""
    boot = state_of(page, "script#canvas-boot[type='application/json']", "textContent")
    return msgspec.convert(json.loads(boot or "{}")["room_state"], RoomState)


def remembers(page: Page, key: str) -> bool:
    """Whether the browser keeps something under this key, now or in a moment."""
    return cast("bool", page.evaluate(_REMEMBERS, [key, ACTION_MS]))


def runs_scripts_of_strangers(page: Page) -> bool:
    """Whether a script would run that came in through an address; see what the console says of it."""
    with page.expect_console_message(_tells_what_became_of_it) as said:
        page.evaluate(_FOLLOW_SCRIPT)
    return said.value.text == _RAN


def _tells_what_became_of_it(message: ConsoleMessage) -> bool:
    return message.text == _RAN or message.text.startswith(VIOLATION)
