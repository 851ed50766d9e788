"""The frame that all pages share: templates, assets and the content security policy.

This module needs Jinja2 alone, and only when the first page is rendered, so that the legal pages
can be made where nothing else of Ensemble is installed and the server starts without it.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dashgen.pages.cookie_banner import COOKIE_BANNER
from dashgen.pages.navigation import (
    LEGAL_PAGES,
    MAIN_LINKS,
    MAKER_LINKS,
    OPERATOR_LINKS,
    canvas_url,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jinja2 import Environment

_HERE: Final = Path(__file__).resolve().parent
TEMPLATES: Final = _HERE / "templates"
ASSETS: Final = _HERE / "assets"


@dataclass(frozen=True, slots=True)
class Page:
    """A finished page.

    Attributes:
        html: The whole document; it can always be encoded as UTF-8.
        content_security_policy: The header that belongs to exactly this document.
    """

    html: str
    content_security_policy: str


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that pages load.

    Attributes:
        body: Its bytes.
        media_type: The value of its Content-Type header.
        digest: Short digest of the bytes; `/assets/NAME?v=DIGEST` may be cached for good.
    """

    body: bytes
    media_type: str
    digest: str


@functools.cache
def assets() -> Mapping[str, Asset]:
    """Read every asset once; the keys are the names behind `/assets/`."""
    return {file.name: _read_asset(file) for file in sorted(ASSETS.iterdir()) if file.is_file()}


def _read_asset(file: Path) -> Asset:
    body = file.read_bytes()
    kind = _MEDIA_TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0]
    return Asset(body, kind or "application/octet-stream", hashlib.sha256(body).hexdigest()[:12])


# Not left to mimetypes: what it answers for these depends on the machine.
_MEDIA_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


def asset_url(name: str) -> str:
    """Return the address of an asset, which changes whenever its bytes do.

    Args:
        name: The file's name in the assets folder.

    Raises:
        KeyError: There is no such asset; a template names a file that is missing.
    """
    return f"/assets/{name}?v={assets()[name].digest}"


def render(template: str, *, inline_style: str = "", **context: object) -> Page:
    """Render one template into a page with its policy.

    Args:
        template: Name of the template below `templates/`.
        inline_style: CSS of this page alone. It is put into the page as it is and allowed by its
            hash, so it must be made by our code from checked numbers and never from text.
        **context: What the template shows; everything is escaped there.

    Returns:
        The page. The same arguments give the same bytes.
    """
    text = _environment().get_template(template).render(inline_style=inline_style, **context)
    # A lone surrogate cannot be sent; a record that was damaged on disk must not become a 500.
    html = text.encode("utf-8", "replace").decode("utf-8")
    return Page(html=html, content_security_policy=_policy(inline_style))


def _policy(inline_style: str) -> str:
    """Allow our own files and the one inline style of the page; nothing else, from nowhere else."""
    style = "style-src 'self'"
    if inline_style:
        digest = hashlib.sha256(inline_style.encode()).digest()
        style += f" 'sha256-{base64.b64encode(digest).decode()}'"
    return "; ".join((_POLICY_HEAD, style, _POLICY_TAIL))


_POLICY_HEAD: Final = "default-src 'none'; script-src 'self'"
_POLICY_TAIL: Final = (
    "img-src 'self'; connect-src 'self'; manifest-src 'self'; "
    "object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)


@functools.cache
def _environment() -> Environment:
    """Make the template environment once; templates are compiled when they are first used."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    from dashgen.pages.template_cache import TemplateCache

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        bytecode_cache=TemplateCache(_HERE / "__pycache__", settings=Path(__file__)),
    )
    environment.globals.update(
        asset_url=asset_url,
        canvas_url=canvas_url,
        cookie_banner=COOKIE_BANNER,
        legal_pages=LEGAL_PAGES,
        main_links=MAIN_LINKS,
        maker_links=MAKER_LINKS,
        operator_links=OPERATOR_LINKS,
    )
    return environment
