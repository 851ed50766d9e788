"""What the head of a request may say: two who read it must not understand two things."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wire.request_head import fault_of

if TYPE_CHECKING:
    from collections.abc import Sequence

HOST = (b"host", b"a.example:8080")
CHUNKED = (b"transfer-encoding", b"Chunked")


@pytest.mark.parametrize(
    ("version", "url", "headers"),
    [
        ("1.1", b"/health?x=%23", [HOST]),
        ("1.0", b"/", []),
        ("1.1", b"/", [HOST, CHUNKED]),
        ("1.1", b"*", [HOST]),
        ("1.1", b"http://a.example:8080/health", [HOST]),
        ("1.1", b"HTTPS://A.example:8080?x", [HOST]),
    ],
)
def test_a_head_that_says_one_thing_is_taken(
    version: str, url: bytes, headers: Sequence[tuple[bytes, bytes]]
) -> None:
    assert "" == fault_of(version, url, headers)


@pytest.mark.parametrize(
    ("version", "url", "headers", "fault"),
    [
        ("2.0", b"/", [HOST], "HTTP/1"),
        ("0.9", b"/", [HOST], "HTTP/1"),
        ("1.1", b"/health#x", [HOST], "fragment"),
        ("1.1", b"http://b.example/health", [HOST], "Host"),
        ("1.1", b"http://u@a.example:8080/health", [HOST], "Host"),
        ("1.1", b"http://a.example:8080", [], "Host"),
        ("1.1", b"http://a.example:8080/", [HOST, HOST], "Host"),
        ("1.1", b"ftp://a.example:8080/health", [HOST], "Host"),
        ("1.1", b"health", [HOST], "Host"),
        ("1.1", b"/", [HOST, (b"transfer-encoding", b"gzip, chunked")], "chunked"),
        ("1.1", b"/", [HOST, CHUNKED, CHUNKED], "chunked"),
        ("1.0", b"/", [CHUNKED], "HTTP/1.0"),
    ],
)
def test_a_head_that_can_be_read_in_two_ways_is_refused(
    version: str, url: bytes, headers: Sequence[tuple[bytes, bytes]], fault: str
) -> None:
    assert fault in fault_of(version, url, headers)
