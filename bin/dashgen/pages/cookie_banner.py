"""The cookie notice at the bottom of every page."""

from __future__ import annotations

from typing import Final, NamedTuple


class CookieBanner(NamedTuple):
    """What `partials/cookie_banner.html` shows and what `assets/site.js` finds it by."""

    region_id: str
    dismiss_id: str
    policy_url: str
    message: str


COOKIE_BANNER: Final = CookieBanner(
    region_id="cookie-banner",
    dismiss_id="cookie-banner-dismiss",
    policy_url="/legal/cookies.html",
    message=(
        "Ensemble keeps only what it needs to work in this browser. "
        "No advertising and no tracking by others."
    ),
)
