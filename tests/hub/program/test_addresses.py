"""Addresses: which part of the hub a Host header asks for, and where a link may lead."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.addresses import PORTAL, Addresses, local_path
from hub.errors import UsageError

LOCAL = Addresses.parse("http://localhost:8000")
PUBLIC = Addresses.parse("https://hub.example.org")


def test_addresses_name_the_port_only_where_browsers_need_it() -> None:
    assert "http://notes.localhost:8000" == LOCAL.app("notes")
    assert "https://notes.hub.example.org" == PUBLIC.app("notes")
    assert "http://x.test" == Addresses.parse("http://x.test:80").portal


@pytest.mark.parametrize(
    ("host", "place"),
    [
        ("localhost:8000", PORTAL),
        ("LOCALHOST", PORTAL),
        ("127.0.0.1:8000", PORTAL),
        ("notes.localhost:8000", "notes"),
        ("Notes.LocalHost", "notes"),
        ("a.b.localhost", None),
        ("localhost.evil.test", None),
        ("evillocalhost", None),
        (".localhost", None),
        ("notes.localhost:8000/x", None),
        ("", None),
    ],
)
def test_a_host_asks_for_one_part(host: str, place: str | None) -> None:
    assert place == LOCAL.place_of(host)


@pytest.mark.parametrize(
    "url", ["hub.example.org", "ftp://x", "https://x/path", "https://u:p@x", "https://x?y", ""]
)
def test_what_is_no_address_of_a_portal_is_refused(url: str) -> None:
    with pytest.raises(UsageError):
        Addresses.parse(url)


@given(st.from_regex(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", fullmatch=True))
def test_an_app_is_found_at_its_own_address(name: str) -> None:
    for addresses in (LOCAL, PUBLIC):
        assert name == addresses.place_of(addresses.app(name).partition("//")[2])


@pytest.mark.parametrize("path", ["/", "/a", "/a/b?c=d&e=%2F", "/#x", "/a//b"])
def test_a_path_of_the_same_site_is_kept(path: str) -> None:
    assert path == local_path(path)


@pytest.mark.parametrize(
    "text",
    [
        "//evil",
        "/\\evil",
        "\\\\evil",
        "https://evil",
        "javascript:1",
        "",
        "a",
        "/a\nb",
        "/\t/evil",
        " /a",
        "/a\\b",
    ],
)
def test_anything_else_leads_to_the_front_page(text: str) -> None:
    assert "/" == local_path(text)
