"""Links: whatever comes back is safe in any page, and nothing good is lost."""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dashgen.links import MAX_LENGTH, safe_href


@pytest.mark.parametrize(
    ("url", "href"),
    [
        ("https://example.org", "https://example.org"),
        ("HTTPS://Example.ORG/Path", "https://example.org/Path"),
        ("http://example.org:8080/a?b=c&d[]=e#f", "http://example.org:8080/a?b=c&d%5B%5D=e#f"),
        ("https://example.org:/a", "https://example.org/a"),
        ("https://example.org?x", "https://example.org?x"),
        ("https://a_b.example.org/", "https://a_b.example.org/"),
        (f"https://{'a.' * 125}org/", f"https://{'a.' * 125}org/"),
        ("https://127.0.0.1:80/", "https://127.0.0.1:80/"),
        ("http://[2001:DB8::0:1]:8000/", "http://[2001:db8::1]:8000/"),
        ("https://example.org/café/日本", "https://example.org/caf%C3%A9/%E6%97%A5%E6%9C%AC"),
        ("https://example.org/a%20b%2Fc", "https://example.org/a%20b%2Fc"),
        ("https://example.org/'\"<>", "https://example.org/%27%22%3C%3E"),
        ("https://example.org/@user", "https://example.org/@user"),
        ("https://example.org/?to=https://b.org", "https://example.org/?to=https://b.org"),
        ("mailto:a.b+c@example.org", "mailto:a.b+c@example.org"),
        ("MailTo:a@b.org,c@d.org?subject=hi%20you", "mailto:a@b.org,c@d.org?subject=hi%20you"),
        ("/legal/terms.html", "/legal/terms.html"),
        ("/", "/"),
        ("page.html?x=1#y", "page.html?x=1#y"),
        ("../other/page.html", "../other/page.html"),
        ("#part", "#part"),
        ("?cursor=abc", "?cursor=abc"),
        ("/café/a:b", "/caf%C3%A9/a:b"),
    ],
)  # fmt: skip
def test_keeps(url: str, href: str) -> None:
    assert href == safe_href(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        " javascript:alert(1)",
        "\x01javascript:alert(1)",
        "java\tscript:alert(1)",
        "java\nscript:alert(1)",
        "java\rscript:alert(1)",
        "javascript\t:alert(1)",
        "javascript&colon;alert(1)",
        "javascript&#58;alert(1)",
        "&#106;avascript:alert(1)",
        "javascript%3Aalert(1)",
        "%6aavascript:alert(1)",
        "java\x00script:alert(1)",
        "\u00a0javascript:alert(1)",
        "java\u200bscript:alert(1)",
        "\ufeffjavascript:alert(1)",
        "javascript\uff1aalert(1):",
        "vbscript:x",
        "data:text/html,<script>",
        "blob:https://example.org/x",
        "file:///etc/passwd",
        "ftp://example.org/",
        "about:blank",
        "view-source:https://example.org",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/a//b",
        "http:evil.example",
        "http:/evil.example",
        "http:///evil.example",
        "http://",
        "http://?x",
        "http://:80/",
        "https:\\\\evil.example",
        "https://user@evil.example",
        "https://good.example@evil.example/",
        "https://good.example\\@evil.example/",
        "https://good.example%40evil.example/",
        "https://exa mple.org",
        "https://example.org/a b",
        "https://example.org/\u202egnp.exe",
        "https://example..org",
        "https://.example.org",
        "https://-example.org",
        "https://example.org:99999/",
        "https://example.org:80a/",
        "https://bücher.example/",
        "\uff4aavascript\uff1aalert(1)",
        "https://\uff45vil.example/",
        "http://0x7f.0.0.1/",
        "http://2130706433/",
        "http://127.1/",
        "http://[::1/",
        "http://[::g]/",
        "http://[::1]x/",
        "mailto:",
        "mailto:nobody",
        "mailto:a@b.org?subject=x%0D%0ABcc:c@d.org",
        "mailto:a@b.org,",
        "word:thing",
        "a:b@c",
        "1:2",
        "https://example.org/" + "a" * MAX_LENGTH,
        f"https://{'a.' * 126}org/",
        "https://example.org/" + "é" * (MAX_LENGTH // 3),
        "https://example.org/\ud800",
    ],
)
def test_drops(url: str) -> None:
    assert safe_href(url) is None


PIECES = st.sampled_from(
    [
        *("javascript", "http", "https", "mailto", "data", "a", "1", "é", "example.org", "::1"),
        *(":", "/", "//", "\\", "@", "?", "#", "&", ";", "%", ".", "..", "[", "]", ",", "="),
        *("%0a", "%3a", "&colon;", "'", '"', "<", "\t", "\n", " ", "\x00", "\u200b", "\u00a0"),
        *("\uff20", "\uff1a", "\uff0f"),
    ]
)
TRICKY = st.lists(PIECES, max_size=9).map("".join)


@given(st.one_of(TRICKY, st.text()))
@example("/..//evil.example")
@example("..//evil.example")
@example("./javascript:alert(1)")
def test_what_comes_back_is_safe_and_stays_as_it_is(url: str) -> None:
    href = safe_href(url)
    if href is None:
        return
    assert re.fullmatch(r"[!#-&(-;=?-\[\]_a-~]+", href), "plain ASCII, no quote, bracket or space"
    assert href == safe_href(href)
    if href.startswith(("http://", "https://")):
        host = urlsplit(href).hostname
        assert host
        assert "@" not in urlsplit(href).netloc
    elif not href.startswith("mailto:"):
        landed = urlsplit(urljoin("https://site.example/folder/page.html", href))
        assert ("https", "site.example") == (landed.scheme, landed.netloc)
        assert not href.startswith("//")
        assert not re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", href)
