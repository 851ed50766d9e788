"""What a hand does at a page: it finds a place, and presses, types or drags there.

Chromium gets the same events as from a mouse and a keyboard. Playwright's own actions give every new page a library
of some three hundred kilobytes before the first of them, and wait for two frames before each; here a page answers
where something is as soon as it stands there, nothing is in front of it, and it is not disabled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from tests.integration.browser import ACTION_MS
from tests.integration.waiting import UNTIL

if TYPE_CHECKING:
    from playwright.sync_api import Page

# Answers with the middle of it, or after a while with what is in the way. The n-th of those that match, from the end
# where n is negative. Where it is given words, the first that holds them.
_MIDDLE = f"""async ([selector, n, words, patience]) => {{
  {UNTIL}
  const find = () => [...document.querySelectorAll(selector)]
    .filter((element) => element.textContent.includes(words)).at(n);
  const hindrance = (element, block) => {{
    if (!element) return "there is none";
    if (element.matches(":disabled")) return "it is disabled";
    element.scrollIntoView({{ block, inline: "nearest", behavior: "instant" }});
    const [box] = element.getClientRects();  // a link can go on in the next line
    if (!box?.width || !box.height) return "it takes up no room";
    const middle = [box.x + box.width / 2, box.y + box.height / 2];
    const top = document.elementFromPoint(...middle);
    if (!top) return "it is outside of the page";
    return element.contains(top) ? middle : `in front of it is ${{top.cloneNode(false).outerHTML}}`;
  }};
  let found;
  const isFound = () => ["nearest", "center"].some((block) => {{  // at its edge the page has bars
    found = hindrance(find(), block);
    return typeof found !== "string";
  }});
  await until(isFound, patience);
  return found;
}}"""


def middle_of(
    page: Page, selector: str, *, n: int = 0, words: str = "", patience: float = ACTION_MS
) -> tuple[float, float]:
    """Return the middle of an element that can be pressed, as soon as it can.

    Args:
        page: The page.
        selector: What matches it.
        n: Which of those that match; the last is -1.
        words: What it says, among other things.
        patience: How many milliseconds to wait for that.

    Raises:
        AssertionError: It cannot be pressed; with what is in the way.
    """
    found = page.evaluate(_MIDDLE, [selector, n, words, patience])
    assert not isinstance(found, str), f"{selector} cannot be pressed: {found}"
    x, y = found
    return cast("float", x), cast("float", y)


def press(page: Page, selector: str, *, n: int = 0, words: str = "") -> None:
    """Click on an element, as soon as that can be done."""
    page.mouse.click(*middle_of(page, selector, n=n, words=words))


def write(page: Page, selector: str, text: str) -> None:
    """Write into a field in place of what is in it."""
    press(page, selector)
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.insert_text(text)


def drag(page: Page, selector: str, *, right: int, down: int) -> None:
    """Take an element in its middle and put it down elsewhere."""
    x, y = middle_of(page, selector)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + right, y + down)  # in one go: nothing of it is under the hand on the way
    page.mouse.up()
