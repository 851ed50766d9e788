"""The cookie notice stands on every page and stays closed once it was closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashgen.pages.layout import ASSETS, Page

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.dashgen.pages.conftest import Parsed


def test_every_page_has_the_notice(
    every_page: dict[str, Page], parse: Callable[[Page], Parsed]
) -> None:
    for page in every_page.values():
        parsed = parse(page)
        banner = parsed.by_id("cookie-banner")
        assert "hidden" in banner.attrib
        assert "region" == banner.get("role")
        assert banner.get("aria-label")
        assert ["/legal/cookies.html"] == [link.get("href") for link in banner.iter("a")]
        assert parsed.by_id("cookie-banner-dismiss") in list(banner.iter("button"))


def test_the_script_remembers_under_the_documented_key() -> None:
    assert 'consent: "cookie-consent"' in (ASSETS / "store.js").read_text(encoding="utf-8")
    assert 'remember(KEYS.consent, "1")' in (ASSETS / "site.js").read_text(encoding="utf-8")
