"""The page that says what went wrong and where to go from there."""

from __future__ import annotations

from typing import Final

from dashgen.pages.layout import Page, render

_TITLES: Final = {
    400: "That address makes no sense here",
    401: "Please sign in first",
    403: "This is closed for now",
    404: "Nothing here",
    405: "That cannot be done here",
    413: "That is too large",
    500: "Something broke on our side",
    503: "Too much going on",
}
_MESSAGES: Final = {
    401: "Pair this browser with your account, then try again.",
    403: "It is not open to visitors at the moment.",
    404: "It was removed, is private, or was never published.",
    500: "It was written down and will be looked at. Trying again may help.",
    503: "Please try again in half a minute.",
}


def render_error_page(status: int, message: str = "") -> Page:
    """Render an error.

    Args:
        status: the HTTP status; the title follows from it.
        message: a sentence of our own for people; without it, one that suits the status.
    """
    return render(
        "error.html",
        status=status,
        title=_TITLES.get(status, "That did not work"),
        message=message or _MESSAGES.get(status, "Please go back and try again."),
    )
