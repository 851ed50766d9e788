"""Apps that the portal must not show, beside those of the hub: archived, hidden, or for somebody else.

The hub's own apps may all be shown, so that a portal which shows whatever it finds would look right. Each of these is
a manifest and nothing else. Hence no import here: the hub is started before anything else is done, see `hub_process`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_MANIFEST = """\
manifest_version: 1
id: 5f0e1a52-6f0c-4c26-9d43-00000000000{number}
slug: {slug}
name: {slug}
kind: internal
description: An app that the portal must not show.
icon: shapes
color: "#000000"
routing: {{subdomain: {slug}, ports: {{frontend: 6553{number}, backend: 6543{number}}}, health_path: /health}}
auth: {{required: true, authentik_app_slug: {slug}, required_groups: [{required}], scopes: []}}
hub: {{visible: {visible}}}
lifecycle: {{status: {status}}}
"""
# slug -> whether it has a tile, its status, who may use it, or nobody, and which group they need besides
_APPS = {
    "smoke-archived": ("true", "archived", "users", ""),
    "smoke-hidden": ("false", "active", "users", ""),
    "smoke-not-ours": ("true", "active", "another-group", ""),
    "smoke-members": ("true", "active", "users", "another-group"),
    "smoke-ungranted": ("true", "active", "", ""),
}


def add_unshown(apps: Path, to: Path) -> Path:
    """Make a folder of the apps in ``apps``, by links, and of those that must not be shown; return it.

    Where ``apps`` is no folder it is returned, for the hub to say so.
    """
    if not apps.is_dir():
        return apps
    to.mkdir()
    for app in apps.iterdir():
        (to / app.name).symlink_to(app.resolve())
    for number, (slug, (visible, status, group, required)) in enumerate(_APPS.items(), start=1):
        folder = to / slug
        folder.mkdir()
        manifest = _MANIFEST.format(
            number=number, slug=slug, visible=visible, status=status, required=required
        )
        (folder / "app.manifest.yml").write_text(manifest, encoding="utf-8")
        if group:
            entitlement = f"app: {slug}\ngroups: [{group}]\n"
            (folder / "entitlement.yml").write_text(entitlement, encoding="utf-8")
    return to
