"""The Traefik configuration: every request that the gateway would send to an app gets to its process."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from hub.__main__ import main
from hub.addresses import Addresses
from hub.catalogue import APPS, scan
from hub.traefik import configuration

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def made(public_url: str, apps: Path = APPS) -> dict[str, Any]:
    text = configuration(scan(apps).served, Addresses.parse(public_url), "10.0.0.1")
    read: dict[str, Any] = yaml.safe_load(text)["http"]
    return read


def matches(rule: str, host: str, path: str) -> bool:
    """Whether a request matches a rule, as Traefik's documentation defines the three matchers."""
    tests: dict[str, Callable[[str], bool]] = {
        "Host": lambda name: name == host,
        "Path": lambda whole: whole == path,
        "PathPrefix": path.startswith,
    }
    known = re.sub(r"(Host|PathPrefix|Path)\(`([^`]*)`\)", lambda m: str(tests[m[1]](m[2])), rule)
    python = known.replace("&&", " and ").replace("||", " or ")
    assert re.fullmatch(r"(True|False|and|or|[() ])+", python), python
    return bool(eval(python))  # noqa: S307 - nothing but the words above


def route(config: dict[str, Any], host: str, path: str) -> str:
    """Where Traefik sends a request: of the routers that match, the one with the longest rule."""
    found = [router for router in config["routers"].values() if matches(router["rule"], host, path)]
    if not found:
        return ""
    service = max(found, key=lambda router: len(router["rule"]))["service"]
    url: str = config["services"][service]["loadBalancer"]["servers"][0]["url"]
    return url


def test_every_app_is_reached_at_its_ports() -> None:
    config = made("https://hub.example.org")
    for app in scan(APPS).served:
        host, ports = (
            f"{app.manifest.routing.subdomain}.hub.example.org",
            app.manifest.routing.ports,
        )
        assert f"http://10.0.0.1:{ports.frontend}" == route(config, host, "/")
        assert f"http://10.0.0.1:{ports.frontend}" == route(config, host, "/.hub/callback")
        assert f"http://10.0.0.1:{ports.backend}" == route(config, host, "/api/me")
        assert f"http://10.0.0.1:{ports.backend}" == route(
            config, host, app.manifest.routing.health_path
        )


def test_the_portal_and_nobody() -> None:
    config = made("https://hub.example.org")

    assert "http://10.0.0.1:8000" == route(config, "hub.example.org", "/login")
    assert "" == route(config, "nobody.hub.example.org", "/")
    assert "" == route(config, "example.org", "/")


def test_archived_and_broken_apps_get_no_route(make_app: Callable[..., Path], apps: Path) -> None:
    make_app("good")
    make_app("old", lifecycle__status="archived")
    make_app("bad", kind="toy")

    assert {"portal", "good-backend", "good-frontend"} == set(
        made("http://localhost", apps)["routers"]
    )


@pytest.mark.parametrize(
    ("url", "entry", "has_tls"),
    [("https://x.test", "websecure", True), ("http://x.test", "web", False)],
)
def test_https_is_asked_for_where_the_portal_has_it(url: str, entry: str, has_tls: bool) -> None:  # noqa: FBT001 - a case
    for router in made(url)["routers"].values():
        assert ([entry], has_tls) == (router["entryPoints"], "tls" in router)


def test_every_router_has_its_service_and_the_other_way_round() -> None:
    config = made("https://hub.example.org")

    assert {router["service"] for router in config["routers"].values()} == set(config["services"])


def test_an_address_that_will_not_do_is_said_to_a_program_too(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert 2 == main(["traefik", "--public-url", "nosuch", "--json"])

    said = capsys.readouterr()
    record = json.loads(said.out)
    assert ("error/1", "usage", 2) == (record["schema"], record["verdict"], record["exit_code"])
    assert f"error: {record['error']}\n  next: {record['next'][0]}\n" == said.err
