"""Addresses."""

from __future__ import annotations

from urllib.parse import unquote

from dashgen.pages.navigation import LEGAL_PAGES, canvas_url


def test_an_id_makes_one_segment_of_a_path() -> None:
    assert "/canvas/cnv_0123456789ab.html" == canvas_url("cnv_0123456789ab")
    assert "/canvas/..%2Fa%2Fb%3Fc%23d%22%3C.html" == canvas_url('../a/b?c#d"<')
    assert "/canvas/../a.html" == unquote(canvas_url("../a"))


def test_legal_pages_have_the_agreed_addresses() -> None:
    assert [
        "/legal/terms.html",
        "/legal/privacy.html",
        "/legal/acceptable-use.html",
        "/legal/dmca.html",
        "/legal/cookies.html",
    ] == [page.url for page in LEGAL_PAGES]
