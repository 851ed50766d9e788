"""What the parser lets through, and whoever stands before this server may read differently."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_HEAD_BYTES: Final = 65_536
_ABSOLUTE: Final = re.compile(rb"https?://([^/?]+)(?:[/?]|\Z)", re.IGNORECASE)


def fault_of(version: str, url: bytes, headers: Sequence[tuple[bytes, bytes]]) -> str:
    """What is wrong with the head of a request that is well-formed otherwise; "" for nothing.

    Args:
        version: Of HTTP, such as `1.1`.
        url: What is asked for, as it was sent.
        headers: Names in lower case, and values.
    """
    if version not in {"1.0", "1.1"}:
        return "This server speaks HTTP/1.0 and HTTP/1.1."
    if b"#" in url:
        return "An address that is asked for has no fragment."
    if not (url.startswith(b"/") or url == b"*") and not _is_at_its_host(url, headers):
        return "An address that names a host names the one of the Host header."
    codings = [value.lower() for name, value in headers if name == b"transfer-encoding"]
    if codings and version == "1.0":
        return "HTTP/1.0 knows no Transfer-Encoding."
    if codings not in ([], [b"chunked"]):
        return "The one Transfer-Encoding that is known is chunked."
    return ""


def _is_at_its_host(url: bytes, headers: Sequence[tuple[bytes, bytes]]) -> bool:
    named = _ABSOLUTE.match(url)
    hosts = [value.lower() for name, value in headers if name == b"host"]
    return named is not None and hosts == [named[1].lower()]
