"""The gateway: one process for portal and apps, which sends each request where its host name says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import HTTPConnection

from hub.addresses import PORTAL
from hub.errors import EnvironmentNotReady
from hub.hosting.app_host import AppHost, BrokenHost
from hub.sdk import token_of
from hub.serving.answers import refusal_by_hub
from hub.serving.portal import build_portal
from hub.signing_in.tokens import key_id_of

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from hub.catalogue import Catalogue
    from hub.services import Services


class Gateway:
    """The ASGI application of the whole hub.

    Args:
        services: What its parts share.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._portal = build_portal(services)
        self._hosts: dict[str, AppHost | BrokenHost] = {}
        self._seen: Catalogue | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        target = self._find(_host(scope))
        if target is None:
            names = "This hub has no app of this name."
            await refusal_by_hub(404, "no_such_host", names)(scope, receive, send)
            return
        # Nobody but who is signed in needs the keys of the provider.
        if token := token_of(HTTPConnection(scope)):
            try:
                await self._services.provider.know(key_id_of(token))
            except EnvironmentNotReady as error:
                refused = refusal_by_hub(503, "issuer_unreachable", error.what)
                await refused(scope, receive, send)
                return
        await target(scope, receive, send)

    def hosts(self) -> dict[str, AppHost | BrokenHost]:
        """Every app by its subdomain, as the catalogue is now."""
        return self._hosts_of(self._services.directory.current())

    def _hosts_of(self, catalogue: Catalogue) -> dict[str, AppHost | BrokenHost]:
        if catalogue is not self._seen:
            # What has not changed stays loaded.
            kept = {host.app: host for host in self._hosts.values() if isinstance(host, AppHost)}
            hosts: dict[str, AppHost | BrokenHost] = {
                app.slug.lower(): BrokenHost(app) for app in catalogue.broken
            }
            for app in catalogue.served:
                hosts[app.manifest.routing.subdomain] = kept.get(app) or AppHost(
                    app, self._services
                )
            self._hosts, self._seen = hosts, catalogue
        return self._hosts

    def _find(self, host: str) -> ASGIApp | None:
        place = self._services.addresses.place_of(host)
        if place == PORTAL:
            return self._portal
        if place is None:
            return None
        hosts = self._hosts_of(self._services.directory.recent())
        return hosts.get(place) or self.hosts().get(place)  # it may be new


def _host(scope: Scope) -> str:
    hosts = [value for name, value in scope["headers"] if name == b"host"]
    return str(hosts[0].decode("latin-1")) if len(hosts) == 1 else ""
