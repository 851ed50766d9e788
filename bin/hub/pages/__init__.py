"""The hub's own pages, and the files that they and the apps' pages load.

The look is Ensemble's: its design tokens and its style sheet are read from where they are written, so
that portal and apps change with them.
"""

from __future__ import annotations

import functools
import hashlib
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from starlette.responses import Response

from hub.serving.answers import NEVER_STORED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jinja2 import Environment

_HERE: Final = Path(__file__).resolve().parent
_LOOK: Final = _HERE.parents[1] / "dashgen" / "pages" / "assets"
_SHARED: Final = ("tokens.css", "site.css", "theme.js")
_MEDIA_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that pages load from ``/.hub/``."""

    body: bytes
    media_type: str
    etag: str


@functools.cache
def assets() -> Mapping[str, Asset]:
    """Read every asset once, by its name."""
    files = [*sorted((_HERE / "assets").iterdir()), *(_LOOK / name for name in _SHARED)]
    return {file.name: _read(file) for file in files}


def _read(file: Path) -> Asset:
    body = file.read_bytes()
    return Asset(body, _MEDIA_TYPES[file.suffix], f'"{hashlib.sha256(body).hexdigest()[:16]}"')


def asset_answer(name: str) -> Response | None:
    """Return the answer with an asset, if there is one of this name."""
    asset = assets().get(name)
    if asset is None:
        return None
    headers = {"etag": asset.etag, "cache-control": "max-age=300", "content-type": asset.media_type}
    return Response(asset.body, headers=headers)


def page_answer(template: str, http_status: int = 200, **context: object) -> Response:
    """Render one of the hub's pages.

    Args:
        template: Its file below ``templates``.
        http_status: The HTTP status.
        **context: What it shows; all of it is escaped there.
    """
    nonce = secrets.token_urlsafe(16)
    text = _environment().get_template(template).render(nonce=nonce, **context)
    policy = (
        f"default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self'; "
        "connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    headers = {"content-security-policy": policy, "cache-control": NEVER_STORED}
    return Response(
        text.encode("utf-8", "replace"), http_status, headers, "text/html; charset=utf-8"
    )


def error_answer(status: int, message: str) -> Response:
    """A page that says what went wrong."""
    return page_answer("error.html", status, status=status, message=message)


@functools.cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415 - with the first page

    return Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
