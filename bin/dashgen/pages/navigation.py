"""The addresses that more than one page links to."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import quote


class Link(NamedTuple):
    """A place on this site: where it is and what it is called."""

    url: str
    label: str


class LegalPage(NamedTuple):
    """One legal document: its address part, its name in links, and its Markdown source."""

    slug: str
    title: str
    source: str

    @property
    def url(self) -> str:
        """The address of the rendered page."""
        return f"/legal/{self.slug}.html"


LEGAL_PAGES: tuple[LegalPage, ...] = (
    LegalPage("terms", "Terms of service", "TERMS_OF_SERVICE.md"),
    LegalPage("privacy", "Privacy policy", "PRIVACY_POLICY.md"),
    LegalPage("acceptable-use", "Acceptable use", "ACCEPTABLE_USE.md"),
    LegalPage("dmca", "Copyright and DMCA", "DMCA.md"),
    LegalPage("cookies", "Cookie policy", "COOKIE_POLICY.md"),
)

MAIN_LINKS: tuple[Link, ...] = (
    Link("/index.html", "Explore"),
    Link("/studio.html", "Studio"),
)

MAKER_LINKS: tuple[Link, ...] = (
    Link("/studio.html", "Studio"),
    Link("/pair.html", "Pair a browser"),
    Link("/settings.html", "Settings"),
    Link("/settings.html#billing", "Plans"),
)

OPERATOR_LINKS: tuple[Link, ...] = (
    Link("/dashboard.html", "Dashboard"),
    Link("/docs/getting-started/SMOKE_RUNBOOK.html", "Smoke runbook"),
    Link("/docs/architecture/api-contracts/CHUNK_2_API_CONTRACT.html", "API contract"),
)


def canvas_url(canvas_id: str) -> str:
    """Return the address of a canvas page; any text makes one path segment and no more."""
    return f"/canvas/{quote(canvas_id, safe='', errors='replace')}.html"
