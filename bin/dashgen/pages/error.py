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


def render_error_page(status: int, message: str) -> Page:
    """Render an error.

    Args:
        status: The HTTP status; the title follows from it.
        message: A sentence of our own for people.
    """
    return render(
        "error.html",
        status=status,
        title=_TITLES.get(status, "That did not work"),
        message=message,
    )
