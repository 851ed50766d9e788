"""A Traefik configuration made from the manifests, for when each app is a process of its own.

Traefik's file provider reads it. Each app gets two routers: one for its interface and its health, one for
all else; the portal gets one. The longer rule wins, as Traefik orders routers by length.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import yaml

from hub.addresses import DEFAULT_PORT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hub.addresses import Addresses
    from hub.catalogue import App

_HEAD: Final = "# Made by `bin/invoke hub.traefik` from the manifests; made anew, not edited.\n"


def configuration(apps: Iterable[App], addresses: Addresses, host: str) -> str:
    """Return the configuration as YAML.

    Args:
        apps: The apps that get routes.
        addresses: Where browsers find portal and apps.
        host: Where the processes of portal and apps listen.
    """
    routers: dict[str, Any] = {
        "portal": _router(f"Host(`{addresses.domain}`)", "portal", addresses)
    }
    services: dict[str, Any] = {"portal": _service(host, DEFAULT_PORT)}
    for app in apps:
        manifest = app.manifest
        rule = f"Host(`{manifest.routing.subdomain}.{addresses.domain}`)"
        health = manifest.routing.health_path
        interface = f"{rule} && (PathPrefix(`/api/`) || Path(`{health}`))"
        routers[f"{app.slug}-backend"] = _router(interface, f"{app.slug}-backend", addresses)
        routers[f"{app.slug}-frontend"] = _router(rule, f"{app.slug}-frontend", addresses)
        services[f"{app.slug}-backend"] = _service(host, manifest.routing.ports.backend)
        services[f"{app.slug}-frontend"] = _service(host, manifest.routing.ports.frontend)
    made = {"http": {"routers": routers, "services": services}}
    return _HEAD + yaml.safe_dump(made, sort_keys=False, width=1000)


def _router(rule: str, service: str, addresses: Addresses) -> dict[str, Any]:
    if addresses.is_secure:
        return {"rule": rule, "entryPoints": ["websecure"], "service": service, "tls": {}}
    return {"rule": rule, "entryPoints": ["web"], "service": service}


def _service(host: str, port: int) -> dict[str, Any]:
    return {"loadBalancer": {"servers": [{"url": f"http://{host}:{port}"}]}}
