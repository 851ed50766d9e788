"""Apps and manifests to try things on."""

from __future__ import annotations

import copy
import uuid
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.hub.client import Client

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.hub.hub_process import HubProcess

BACKEND = """\
from starlette.routing import Route

from hub.sdk import json_answer, signed_in


async def health(request):
    return json_answer({"status": "ok"})


async def me(request):
    return json_answer(signed_in(request).as_json())


def build_app(hub):
    return hub.application([Route("/health", health), Route("/api/me", me)])
"""


def manifest_of(slug: str, number: int = 0, /, **changes: Any) -> dict[str, Any]:
    """Return a manifest that can be used, with some fields changed; None takes one out.

    Args:
        slug: The app's slug.
        number: Tells apart the ports of several apps.
        **changes: New values by field, with ``__`` for the dot.
    """
    made: dict[str, Any] = {
        "manifest_version": 1,
        "id": str(uuid.uuid5(uuid.NAMESPACE_DNS, slug)),
        "slug": slug,
        "name": slug.replace("-", " ").capitalize(),
        "kind": "internal",
        "description": "An app.",
        "icon": "box",
        "color": "#336699",
        "routing": {
            "subdomain": slug,
            "ports": {"frontend": 20_000 + number, "backend": 30_000 + number},
            "health_path": "/health",
        },
        "auth": {
            "required": True,
            "authentik_app_slug": slug,
            "required_groups": [],
            "scopes": ["openid"],
        },
    }
    for place, value in changes.items():
        change(made, place.replace("__", "."), value)
    return made


def change(manifest: dict[str, Any], place: str, value: Any) -> None:
    """Set a field, such as ``routing.ports.frontend``, or take it out with None."""
    *above, name = place.split(".")
    for each in above:
        manifest = manifest.setdefault(each, {})
    if value is None:
        del manifest[name]
    else:
        manifest[name] = copy.deepcopy(value)


def write_app(
    root: Path,
    slug: str,
    number: int = 0,
    /,
    *,
    backend: str = BACKEND,
    groups: list[str] | None = None,
    **changes: Any,
) -> Path:
    """Write an app into ``root``; see `manifest_of`. Groups of None leave the entitlement out."""
    folder = root / slug
    (folder / "frontend").mkdir(parents=True)
    manifest = manifest_of(slug, number, **changes)
    (folder / "app.manifest.yml").write_text(yaml.safe_dump(manifest), encoding="utf-8")
    (folder / "backend.py").write_text(backend, encoding="utf-8")
    page = f'<meta name="app-slug" content="{slug}"><title>{slug}</title><h1>{manifest.get("name")}</h1>'
    (folder / "frontend" / "index.html").write_text(page, encoding="utf-8")
    if groups is not None:
        grant = yaml.safe_dump({"app": slug, "groups": groups})
        (folder / "entitlement.yml").write_text(grant, encoding="utf-8")
    return folder


@pytest.fixture
def client(hub: HubProcess) -> Iterator[Client]:
    """Somebody who talks to the hub that the module has started."""
    with Client(hub.url) as made:
        yield made


@pytest.fixture
def apps(tmp_path: Path) -> Path:
    """An empty folder for apps."""
    folder = tmp_path / "apps"
    folder.mkdir()
    return folder


@pytest.fixture
def make_app(apps: Path) -> Callable[..., Path]:
    """Writes apps into `apps`, each with ports of its own; see `write_app`."""
    count = iter(range(1000))

    def make(slug: str, **options: Any) -> Path:
        return write_app(apps, slug, next(count), **{"groups": ["users"], **options})

    return make
