"""What holds for every page: its policy, its landmarks, its assets."""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from dashgen.pages.layout import ASSETS, TEMPLATES, Page, asset_url, assets, render

if TYPE_CHECKING:
    from collections.abc import Callable
    from xml.etree.ElementTree import Element

    from tests.dashgen.pages.conftest import Parsed

PAGES = (
    "index",
    "index without canvases",
    "index while closed",
    "canvas",
    "studio",
    "pair",
    "dashboard",
    "settings",
    "docs",
    "error",
)
# Addresses that the site answers, apart from canvases, legal pages and assets.
SITE = {
    "/index.html",
    "/studio.html",
    "/pair.html",
    "/settings.html",
    "/dashboard.html",
    "/docs/getting-started/SMOKE_RUNBOOK.html",
    "/docs/architecture/api-contracts/CHUNK_2_API_CONTRACT.html",
}
URL_ATTRIBUTES = ("href", "src", "action", "formaction", "poster", "data", "ping", "srcset")


@pytest.fixture(params=PAGES)
def page(request: pytest.FixtureRequest, every_page: dict[str, Page]) -> Page:
    return every_page[request.param]


@pytest.fixture
def parsed(page: Page, parse: Callable[[Page], Parsed]) -> Parsed:
    return parse(page)


def _policy(page: Page) -> dict[str, list[str]]:
    parts = (part.split() for part in page.content_security_policy.split(";"))
    return {name: values for name, *values in parts}


def test_every_page_is_looked_at(every_page: dict[str, Page]) -> None:
    assert set(PAGES) == set(every_page)


@pytest.mark.parametrize("name", ["studio", "pair", "dashboard", "settings"])
def test_a_page_that_needs_its_scripts_says_so_to_whoever_runs_none(
    name: str, every_page: dict[str, Page], parse: Callable[[Page], Parsed]
) -> None:
    parsed = parse(every_page[name])

    (said,) = parsed.all("noscript")
    assert "JavaScript" in parsed.text(said)
    # And to nobody else: while a page waits for its scripts it would be wrong.
    assert 1 == every_page[name].html.count("JavaScript")


def test_policy_lets_in_our_own_files_only(page: Page) -> None:
    policy = _policy(page)

    assert ["'none'"] == policy["default-src"]
    assert ["'self'"] == policy["script-src"]
    assert "'self'" == policy["style-src"][0]
    for name in ("object-src", "base-uri", "frame-ancestors"):
        assert ["'none'"] == policy[name]
    assert ["'self'"] == policy["form-action"]
    assert "unsafe" not in page.content_security_policy
    assert "*" not in page.content_security_policy
    assert "http" not in page.content_security_policy


def test_policy_names_the_inline_style_by_its_hash(page: Page, parsed: Parsed) -> None:
    styles = [style.text or "" for style in parsed.all("style")]
    hashes = [
        f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
        for text in styles
    ]

    assert hashes == _policy(page)["style-src"][1:]


def test_nothing_runs_that_stands_in_the_page_itself(parsed: Parsed) -> None:
    for script in parsed.all("script"):
        assert script.get("src") or script.get("type") == "application/json"
    for element in parsed.all():
        assert "style" not in element.attrib
        assert not [name for name in element.attrib if name.startswith("on")]


def test_page_has_its_landmarks(parsed: Parsed) -> None:
    assert "en" == parsed.all("html")[0].get("lang")
    assert 1 == len(parsed.all("main"))
    assert "main" == parsed.by_id("main").tag
    assert "footer" == parsed.by_id("site-footer").tag
    assert 1 == len([one for one in parsed.all("header") if one.get("class") == "site-header"])
    title = parsed.text(parsed.all("title")[0])
    assert title.endswith(" · Ensemble")
    assert not title.startswith(" ")


@pytest.mark.parametrize(
    ("heading", "address"), [("footer-make", "/studio.html"), ("footer-run", "/dashboard.html")]
)
def test_each_list_of_the_footer_is_what_it_is_called(
    heading: str, address: str, parsed: Parsed
) -> None:
    (named,) = (one for one in parsed.all("nav") if one.get("aria-labelledby") == heading)
    assert address in {link.get("href") for link in named.iter("a")}


@pytest.mark.parametrize(
    ("name", "here"),
    [("index", ["Explore"]), ("studio", ["Studio"]), ("canvas", []), ("error", [])],
)
def test_the_header_says_where_one_is(
    name: str, here: list[str], every_page: dict[str, Page], parse: Callable[[Page], Parsed]
) -> None:
    parsed = parse(every_page[name])
    links = [one for one in parsed.all("a") if one.get("aria-current") == "page"]

    assert here == [parsed.text(one) for one in links if parsed.text(one) in {"Explore", "Studio"}]


def test_page_has_one_main_heading(parsed: Parsed) -> None:
    assert 1 == len(parsed.all("h1"))
    assert parsed.text(parsed.all("h1")[0])


def test_skip_link_comes_first(parsed: Parsed) -> None:
    first = parsed.all("a")[0]

    assert "skip-link" == first.get("class")
    assert "#main" == first.get("href")


def test_ids_are_unique_and_references_meet_one(parsed: Parsed) -> None:
    ids = Counter(element.get("id") for element in parsed.all() if element.get("id"))

    assert 1 == max(ids.values())
    for element in parsed.all():
        for name in ("for", "aria-labelledby", "aria-describedby", "popovertarget"):
            for target in (element.get(name) or "").split():
                assert target in ids, f"{name}={target}"


def test_every_control_has_a_name(parsed: Parsed) -> None:
    labelled = {label.get("for") for label in parsed.all("label")}
    wrapped = {id(one) for label in parsed.all("label") for one in label.iter()}
    for control in parsed.all():
        if control.tag in {"input", "textarea", "select"}:
            assert control.get("id") in labelled or id(control) in wrapped, control.attrib
        is_named_by_script = _inside_template(parsed, control)
        if control.tag in {"a", "button"} and not is_named_by_script:
            assert parsed.text(control) or control.get("aria-label"), control.attrib
        if control.tag == "nav":
            assert control.get("aria-label") or control.get("aria-labelledby")


def _inside_template(parsed: Parsed, element: Element) -> bool:
    return any(element in list(template.iter()) for template in parsed.all("template"))


def test_nothing_is_loaded_from_elsewhere(parsed: Parsed) -> None:
    for element in parsed.all():
        if element.tag == "a":
            continue
        for name in URL_ATTRIBUTES:
            url = urlsplit(element.get(name) or "")
            assert ("", "") == (url.scheme, url.netloc), element.attrib


def test_links_into_the_site_lead_somewhere(parsed: Parsed) -> None:
    ids = {element.get("id") for element in parsed.all()}
    for link in parsed.all("a"):
        href = link.get("href") or ""
        host, path = urlsplit(href)[1:3]
        if href.startswith("#"):
            assert href == "#" or href[1:] in ids
        elif not host and path.startswith("/") and not path.startswith(("/canvas/", "/legal/")):
            assert path in SITE


def test_assets_are_named_by_their_content(parsed: Parsed) -> None:
    loaded = [
        element.get(name) or ""
        for element in parsed.all()
        for name in ("href", "src")
        if (element.get(name) or "").startswith("/assets/")
    ]

    assert loaded
    for url in loaded:
        parts = urlsplit(url)
        body = (ASSETS / Path(parts.path).name).read_bytes()
        assert f"v={hashlib.sha256(body).hexdigest()[:12]}" == parts.query


def test_scripts_find_every_element_they_look_for(every_page: dict[str, Page]) -> None:
    for name, page in every_page.items():
        if name == "index while closed":
            continue
        ids = set(re.findall(r'\bid="([^"]+)"', page.html))
        for script in _scripts_of(page):
            source = (ASSETS / script).read_text(encoding="utf-8")
            wanted = set(re.findall(r'(?:getElementById|byId|copy)\("([^"]+)"\)', source))
            assert wanted <= ids, f"{script} on {name}: {sorted(wanted - ids)}"


def _scripts_of(page: Page) -> set[str]:
    """The scripts of a page and whatever they import."""
    found: set[str] = set()
    waiting = re.findall(r'src="/assets/([^"?]+\.js)', page.html)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            source = (ASSETS / name).read_text(encoding="utf-8")
            waiting += re.findall(r'from "\./([^"]+)"', source)
    return found


def test_first_paint_is_small(every_page: dict[str, Page]) -> None:
    for name, page in every_page.items():
        files = set(re.findall(r'(?:href|src)="/assets/([^"?#]+)', page.html)) | _scripts_of(page)
        total = len(page.html.encode()) + sum(len(assets()[file].body) for file in files)
        assert total < 200_000, f"{name}: {total}"


def test_same_arguments_give_the_same_bytes() -> None:
    assert render("pair.html") == render("pair.html")


def test_a_page_can_always_be_sent() -> None:
    page = render("error.html", status=404, title="\ud800", message="a\udfffb")

    assert "a?b" in page.html.encode().decode()


def test_a_missing_asset_is_an_error() -> None:
    with pytest.raises(KeyError):
        asset_url("nothing.css")


def test_assets_say_what_they_are() -> None:
    kinds = {name.rsplit(".", 1)[1]: asset.media_type for name, asset in assets().items()}

    assert {
        "css": "text/css; charset=utf-8",
        "js": "text/javascript; charset=utf-8",
        "svg": "image/svg+xml",
    } == kinds


def test_scripts_never_make_markup_from_text() -> None:
    sinks = re.compile(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|setHTML"
        r"|srcdoc|createContextualFragment|DOMParser"
    )
    for script in ASSETS.glob("*.js"):
        assert not sinks.search(script.read_text(encoding="utf-8")), script.name


def test_assets_name_no_other_host() -> None:
    for file in (*ASSETS.glob("*.js"), *ASSETS.glob("*.css")):
        assert "//" not in re.sub(r"^\s*//.*$", "", file.read_text("utf-8"), flags=re.MULTILINE)


def test_escaping_is_switched_off_in_two_known_places_only() -> None:
    unescaped = {
        f"{template.name}: {match}"
        for template in TEMPLATES.rglob("*.html")
        for match in re.findall(r"\{\{([^}]*\|\s*safe[^}]*)\}\}", template.read_text("utf-8"))
    }

    assert {"base.html:  inline_style|safe ", "canvas.html:  boot_json|safe "} == unescaped
    for template in TEMPLATES.rglob("*.html"):
        assert "autoescape" not in template.read_text("utf-8")
