"""Pages over HTTP: what they hold, and what may be kept of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from dashgen.pages.navigation import LEGAL_PAGES
from dashgen.settings import REPOSITORY

if TYPE_CHECKING:
    from tests.dashgen.conftest import ControlPanel, Creator

SHELLS = ("/studio.html", "/pair.html", "/dashboard.html", "/settings.html")


def test_the_index_shows_the_grid(panel: ControlPanel, creator: Creator) -> None:
    canvas_id = panel.published(creator, title="Seen <on> the index")
    for path in ("/", "/index.html", "/index.html?filter=newest"):
        page = panel.get(path)
        assert 200 == page.status
        assert "text/html; charset=utf-8" == page.headers["content-type"]
        assert "no-cache" == page.headers["cache-control"]
        assert "set-cookie" not in page.headers
    shown = panel.get("/index.html?filter=newest&limit=100").body.decode()
    assert f"/canvas/{canvas_id}.html" in shown
    assert "Seen &lt;on&gt; the index" in shown
    assert "cookie-banner" in shown
    assert "first-run-tos-check" in shown


def test_a_random_grid_is_another_one_the_next_time(panel: ControlPanel, creator: Creator) -> None:
    for slot in range(3):
        panel.published(creator, slot=slot)

    pages = {panel.get("/index.html?filter=random").body for _ in range(30)}

    assert len(pages) > 1


def test_a_bad_query_of_the_index_is_answered_with_a_page(panel: ControlPanel) -> None:
    page = panel.get("/index.html?filter=best")
    assert 400 == page.status
    assert page.headers["content-type"].startswith("text/html")


def test_a_canvas_page(panel: ControlPanel, creator: Creator) -> None:
    room = {
        "components": [
            {"type": "text", "text": "</script><script>alert(1)</script>"},
            {"type": "click-to-link", "label": "there", "url": "https://there.example/"},
        ]
    }
    canvas_id = panel.published(creator, title="A page", room_state=room)
    page = panel.get(f"/canvas/{canvas_id}.html")
    assert 200 == page.status
    assert "no-cache" == page.headers["cache-control"]
    text = page.body.decode()
    assert "<script>alert(1)" not in text
    assert 'href="https://there.example/"' in text
    assert "script-src 'self'" in page.headers["content-security-policy"]


def test_a_canvas_page_shows_what_was_changed_a_moment_ago(
    panel: ControlPanel, creator: Creator
) -> None:
    canvas_id = panel.draft(creator, title="Before")

    def shown() -> tuple[bool, bool]:
        page = panel.get(f"/canvas/{canvas_id}.html", token=creator.token).body.decode()
        return "Before" in page, "After" in page

    assert (True, False) == shown()

    changed = {"title": "After"}
    panel.request("PUT", f"/studio/canvas/{canvas_id}", changed, token=creator.token)

    assert (False, True) == shown()


def test_pages_follow_visibility(panel: ControlPanel, creator: Creator, other: Creator) -> None:
    room = {"components": [{"type": "text", "text": "hidden words"}]}
    private = panel.published(creator, slot=0, visibility="private", room_state=room)
    unlisted = panel.published(creator, slot=1, visibility="unlisted", room_state=room)
    for token in (None, other.token):
        refused = panel.get(f"/canvas/{private}.html", token=token)
        assert 404 == refused.status
        assert b"hidden words" not in refused.body
        assert 200 == panel.get(f"/canvas/{unlisted}.html", token=token).status
    shown = panel.get(f"/canvas/{private}.html", token=creator.token)
    assert 200 == shown.status
    assert "no-store" == shown.headers["cache-control"]
    by_cookie = {"Cookie": f"pairing_token={creator.token}"}
    assert 200 == panel.request("GET", f"/canvas/{private}.html", headers=by_cookie).status


@pytest.mark.usefixtures("closed_gate")
def test_a_closed_gate_closes_the_pages(panel: ControlPanel, creator: Creator) -> None:
    canvas_id = panel.published(creator, title="Not to be seen")
    index = panel.get("/index.html")
    assert 200 == index.status
    assert b"closed at the moment" in index.body
    assert b"Not to be seen" not in index.body
    page = panel.get(f"/canvas/{canvas_id}.html")
    assert 403 == page.status
    assert page.headers["content-type"].startswith("text/html")
    assert "no-store" == page.headers["cache-control"]
    assert b"Not to be seen" not in page.body
    assert 200 == panel.get(f"/canvas/{canvas_id}.html", token=creator.token).status


@pytest.mark.parametrize("page", LEGAL_PAGES, ids=lambda page: page.slug)
def test_legal_pages(panel: ControlPanel, page: object) -> None:
    from dashgen.pages.navigation import LegalPage

    assert isinstance(page, LegalPage)
    answer = panel.get(page.url)
    assert 200 == answer.status
    assert re.search(rb"<h1[^>]*>", answer.body)
    assert answer.body == panel.get(page.url).body


def test_there_is_no_other_legal_page(panel: ControlPanel) -> None:
    for slug in ("nothing", "TERMS_OF_SERVICE", "..", "terms.html"):
        assert 404 == panel.get(f"/legal/{slug}.html").status


@pytest.mark.parametrize("path", SHELLS)
def test_shells_hold_nobody_s_data(panel: ControlPanel, creator: Creator, path: str) -> None:
    page = panel.get(path)
    assert 200 == page.status
    assert page.body == panel.get(path, token=creator.token).body


def test_every_asset_of_a_page_is_served(panel: ControlPanel) -> None:
    pages = b"".join(panel.get(path).body for path in (*SHELLS, "/index.html"))
    urls = set(re.findall(rb'(?:src|href)="(/assets/[^"#]+)', pages))
    assert len(urls) >= 5
    for url in urls:
        asset = panel.get(url.decode())
        assert 200 == asset.status, url
        assert "public, max-age=31536000, immutable" == asset.headers["cache-control"]
        plain = panel.get(url.decode().partition("?")[0])
        assert plain.body == asset.body
        assert "no-cache" == plain.headers["cache-control"]
    assert "no-cache" == panel.get("/assets/site.css?v=0").headers["cache-control"]
    assert 404 == panel.get("/assets/nothing.css").status


def test_documents_are_pages(panel: ControlPanel) -> None:
    page = panel.get("/docs/legal/DMCA.html")
    assert 200 == page.status
    assert b"docs/legal/DMCA.md" in page.body
    for path in ("nothing", "legal", "../README", "legal/DMCA.md", "legal//DMCA", "adr/.hidden"):
        assert 404 == panel.get(f"/docs/{path}.html").status


def test_the_addresses_that_documents_give_are_served(panel: ControlPanel) -> None:
    documents = [
        REPOSITORY / "README.md",
        REPOSITORY / "AGENTS.md",
        *(REPOSITORY / "docs").rglob("*.md"),
    ]
    texts = [each.read_text(encoding="utf-8") for each in documents]
    given = {address for text in texts for address in re.findall(r"`(/docs/[\w/.-]+)`", text)}

    assert given
    assert dict.fromkeys(given, 200) == {address: panel.get(address).status for address in given}


@pytest.mark.parametrize("address", ["/docs", "/docs/"])
def test_the_documents_begin_at_their_folder(panel: ControlPanel, address: str) -> None:
    page = panel.get(address)
    assert 200 == page.status
    assert "text/html; charset=utf-8" == page.headers["content-type"]
    links = re.findall(rb'href="(/docs/[^"#]+)', page.body)
    assert len(links) > 20
    assert {200} == {panel.get(link.decode()).status for link in set(links)}


def test_head_is_get_without_its_body(panel: ControlPanel) -> None:
    answer = panel.request("HEAD", "/index.html")
    assert 200 == answer.status
    assert b"" == answer.body
    assert int(answer.headers["content-length"]) > 1000
