"""Which links a page may carry: a strict allow-list, judged on the literal text."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import quote

MAX_LENGTH = 2048

# Everything else is percent-encoded. A quote, a bracket or a less-than never leaves this module.
_KEPT = "/%:@!$&()*+,;=?~-._"

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.ASCII | re.IGNORECASE)
_AUTHORITY = re.compile(
    r"//(?P<host>\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(?::(?P<port>[0-9]{0,5}))?(?=[/?#]|\Z)",
    re.ASCII | re.IGNORECASE,
)
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?", re.ASCII)
_NUMERIC_LABEL = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)
_MAIL_PART = re.compile(r"[A-Za-z0-9.!$*+/=_~-]+@[A-Za-z0-9.-]+", re.ASCII)
_ENCODED_CONTROL = re.compile(r"%([01][0-9a-f]|7f)", re.ASCII | re.IGNORECASE)
# A path of this site has no empty segment, which could be read as the start of a host. One that
# does not begin with a slash begins with a plain name, which cannot be read as a scheme.
_SITE_PATH = re.compile(r"(/?|/[^/]+(/[^/]+)*/?|[A-Za-z0-9._~-]+(/[^/]+)*/?)", re.ASCII)


def safe_href(url: str) -> str | None:
    """Re-serialise a link that may stand in a page, or drop it.

    Allowed are http and https with a plain host, mailto, and references into this site
    (``/legal/terms.html``, ``page.html``, ``#part``). Refused is whatever a browser and this
    function could read differently: control, space and invisible characters, backslashes,
    user names before the host, hosts that are not plain ASCII.

    Args:
        url: The link as the user wrote it.

    Returns:
        The link in ASCII, at most 2048 characters, or None. The result is a fixed point.
    """
    if not url or len(url) > MAX_LENGTH or " " in url or "\\" in url or not url.isprintable():
        return None
    scheme = _SCHEME.match(url)
    if scheme is None:
        href = _site_reference(url)
    elif scheme[1].lower() == "mailto":
        href = _mail_address(url[scheme.end() :])
    elif scheme[1].lower() in {"http", "https"}:
        href = _web_address(scheme[1].lower(), url[scheme.end() :])
    else:
        href = None
    return href if href is not None and len(href) <= MAX_LENGTH else None


def _web_address(scheme: str, rest: str) -> str | None:
    authority = _AUTHORITY.match(rest)
    if authority is None:
        return None
    host = _host(authority["host"].lower())
    port = int(authority["port"] or 0)
    if host is None or port > 65_535:
        return None
    return f"{scheme}://{host}{f':{port}' if port else ''}{_encoded(rest[authority.end() :])}"


def _host(host: str) -> str | None:
    if host.startswith("["):
        address = _ip(host[1:-1], ipaddress.IPv6Address)
        return None if address is None else f"[{address}]"
    labels = host.split(".")
    if _NUMERIC_LABEL.fullmatch(labels[-1]):
        # A browser reads a host that ends in a number as an IPv4 address, in many notations.
        return _ip(host, ipaddress.IPv4Address)
    is_name = len(host) <= 253 and all(_LABEL.fullmatch(label) for label in labels)
    return host if is_name else None


def _ip(text: str, kind: type[ipaddress.IPv4Address | ipaddress.IPv6Address]) -> str | None:
    try:
        return str(kind(text))
    except ValueError:
        return None


def _mail_address(rest: str) -> str | None:
    addresses, mark, headers = rest.partition("?")
    if not all(_MAIL_PART.fullmatch(address) for address in addresses.split(",")):
        return None
    if _ENCODED_CONTROL.search(headers):
        return None
    return f"mailto:{addresses}{mark}{_encoded(headers)}"


def _site_reference(url: str) -> str | None:
    path = re.split("[?#]", url, maxsplit=1)[0]
    if not _SITE_PATH.fullmatch(path):
        return None
    return _encoded(url)


def _encoded(rest: str) -> str:
    before, mark, fragment = rest.partition("#")
    return f"{quote(before, safe=_KEPT)}{mark}{quote(fragment, safe=_KEPT)}"
