"""The line between a page and its server: it breaks, is slow, or brings another answer, when a test says so.

It is the page's own ``fetch`` that is changed, once: a route of Playwright's would stop every request on its way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from tests.integration.browser import ACTION_MS
from tests.integration.waiting import UNTIL

if TYPE_CHECKING:
    from playwright.sync_api import Page

_ANSWER = """([path, status, body]) => {
  const real = window.fetch;
  window.fetch = async (url, options) => {
    if (!url.includes(path)) return real(url, options);
    window.fetch = real;
    if (status === 0) throw new TypeError("the line is broken");
    return new Response(JSON.stringify(body), { status });
  };
}"""
_HOLD = f"""(method) => {{
  {UNTIL}
  const real = window.fetch;
  let letGo, hasArrived = false;
  const isFree = new Promise((resolve) => {{ letGo = resolve; }});
  window.fetch = async (url, options) => {{
    if (options.method !== method) return real(url, options);
    window.fetch = real;
    await isFree;
    const answer = await real(url, options);
    const text = await answer.text();
    setTimeout(() => {{ hasArrived = true; }}, 5);
    return new Response(text, answer);
  }};
  window.letGoOfLine = (patience) => {{
    letGo();
    return until(() => hasArrived, patience);
  }};
}}"""
_LISTEN = """(event) => {
  const sent = [], real = window.fetch;
  window.fetch = async (url, { method, keepalive }) => {
    sent.push([method, keepalive]);
    return new Response("{}");
  };
  dispatchEvent(new Event(event));
  window.fetch = real;
  return sent;
}"""


def breaks_once(page: Page, path: str) -> None:
    """Have the next request for such a path fail."""
    answers_once(page, path, 0, None)


def answers_once(page: Page, path: str, status: int, body: object) -> None:
    """Have the next request for such a path answered with this, and not sent."""
    page.evaluate(_ANSWER, [path, status, body])


def holds_next(page: Page, method: str) -> None:
    """Hold the next request of this method back until `lets_go`; what is asked after it overtakes it."""
    page.evaluate(_HOLD, method)


def lets_go(page: Page) -> None:
    """Let the request that was held back go, and return when its page has the answer."""
    assert page.evaluate(f"letGoOfLine({ACTION_MS})"), "the page sent nothing that could be held"


def sent_at_parting(page: Page) -> list[list[Any]]:
    """Return the method of each request that the page makes when it is left, and whether that outlives the page."""
    return sent_at(page, "pagehide")


def sent_at(page: Page, event: str) -> list[list[Any]]:
    """Return the method of each request that the page makes at once when this happens, and whether that outlives it."""
    return cast("list[list[Any]]", page.evaluate(_LISTEN, event))
