"""The manifest of an app, ``app.manifest.yml``: its record, its rules, and its JSON Schema.

The record is the one place where a field is written down; ``docs/schemas/app-manifest.schema.json`` is
made from it (``python -m hub schema``).
"""

from __future__ import annotations

import inspect
import math
import re
import uuid
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, Struct, field

from hub import strict_yaml
from hub.errors import ManifestError

if TYPE_CHECKING:
    from collections.abc import Iterator

FILE_NAME: Final = "app.manifest.yml"
SCHEMA_ID: Final = "app-manifest.schema.json"
# Addresses and folders that the hub itself uses, or that a reader would take for it.
RESERVED_SLUGS: Final = frozenset(
    {
        *("admin", "api", "app", "apps", "assets", "auth", "health", "hub", "icons", "identity"),
        *("localhost", "login", "logout", "portal", "static", "template-app", "www"),
    }
)

_KEBAB: Final = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"
_ONE_LINE: Final = r"^[^\x00-\x1f\x7f]+$"
_PLACEHOLDER: Final = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\bAPP_(?:SLUG|NAME|ID|KIND)\b")
# What no manifest may hold: it is committed, and the gateway shows it to whoever asks.
_SECRET_NAME: Final = re.compile(r"(?i)(passw|secret|token|api_?key|private_?key|credential)")
_SECRET_VALUE: Final = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY|\b(?:gh[pousr]_|sk-|xox[abp]-|AKIA)[A-Za-z0-9_-]{12,}"
    r"|\beyJ[\w-]{8,}\.[\w-]+\.|://[^/\s:@]+:[^/\s:@]+@"
)

# Also what a pattern's end would let through: a line feed behind the text.
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")

Kebab = Annotated[str, Meta(pattern=_KEBAB, max_length=40)]
Line = Annotated[str, Meta(pattern=_ONE_LINE, max_length=160)]
Colour = Annotated[str, Meta(pattern=r"^#[0-9a-fA-F]{6}$")]
Port = Annotated[int, Meta(ge=1024, le=65_535)]
Path = Annotated[str, Meta(pattern=r"^/[A-Za-z0-9._~/-]*$", max_length=120)]
Group = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_.:-]*$", max_length=60)]
Scope = Literal["openid", "profile", "email", "groups"]
Icon = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]*$", max_length=120)]


class Kind(StrEnum):
    """What an app is to the team."""

    product = "product"
    client = "client"
    internal = "internal"
    platform = "platform"


class Status(StrEnum):
    """Where an app is in its life; an archived one is neither shown nor served."""

    experimental = "experimental"
    active = "active"
    deprecated = "deprecated"
    archived = "archived"


class _Section(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the parts of a manifest have in common: an unknown key is an error."""


class Ports(_Section, frozen=True):
    """Where the app listens when it is run alone.

    Attributes:
        frontend: For its pages.
        backend: For its interface.
    """

    frontend: Port
    backend: Port


class Routing(_Section, frozen=True):
    """How requests find the app.

    Attributes:
        subdomain: It is served at ``<subdomain>.<domain>``.
        ports: Where it listens when it is run alone.
        health_path: Answers 200 and ``{"status": "ok"}``.
    """

    subdomain: Kebab
    ports: Ports
    health_path: Path


class Auth(_Section, frozen=True):
    """Who may use the app.

    Attributes:
        required: Whether its pages send visitors to the sign-in.
        authentik_app_slug: Its name at the identity provider, the audience of its tokens: the slug.
        required_groups: A user needs all of them; empty means any signed-in user.
        scopes: What it wants to know about the user.
    """

    required: bool
    authentik_app_slug: Kebab
    required_groups: tuple[Group, ...]
    scopes: tuple[Scope, ...]


class Database(_Section, frozen=True):
    """Where the app stores its data; an app that stores none has no such section.

    Attributes:
        name: Made from the slug.
        migrations: What carries the data forward: ``alembic``, or numbered files of ``sql``.
    """

    name: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]*$", max_length=63)]
    migrations: Literal["alembic", "sql"]


class HubEntry(_Section, frozen=True):
    """How the portal shows the app.

    Attributes:
        visible: Whether it has a tile.
        category: The heading that the tile stands under.
        order: Its place there, low first.
    """

    visible: bool = True
    category: Line = "Apps"
    order: float = 100


class Lifecycle(_Section, frozen=True):
    """Where the app is in its life."""

    status: Status = Status.active


class Dependencies(_Section, frozen=True):
    """What the app says to others and hears from them."""

    events_publish: tuple[Line, ...] = ()
    events_subscribe: tuple[Line, ...] = ()


class Manifest(_Section, frozen=True):
    """What an app says about itself.

    Attributes:
        manifest_version: The version of these rules.
        id: A UUID that survives renames.
        slug: In addresses, folders and tokens; unique in the hub.
        name: For people.
        kind: What it is to the team.
        description: One sentence for its tile.
        icon: The name of an icon, or a file in the app's folder.
        color: The ground of its tile.
        routing: How requests find it.
        auth: Who may use it.
        database: Where it stores its data, if it does.
        hub: How the portal shows it.
        lifecycle: Where it is in its life.
        owner: Whom to ask.
        dependencies: Its events.
    """

    manifest_version: Literal[1]
    id: str
    slug: Kebab
    name: Annotated[str, Meta(pattern=_ONE_LINE, max_length=60)]
    kind: Kind
    description: Line
    icon: Icon
    color: Colour
    routing: Routing
    auth: Auth
    database: Database | None = None
    hub: HubEntry = field(default_factory=HubEntry)
    lifecycle: Lifecycle = field(default_factory=Lifecycle)
    owner: Line | None = None
    dependencies: Dependencies = field(default_factory=Dependencies)


def parse(text: str) -> Manifest:
    """Read a manifest.

    Args:
        text: The text of ``app.manifest.yml``.

    Returns:
        The manifest, its defaults filled in.

    Raises:
        ManifestError: It breaks a rule; the message names the field.
    """
    return _read(text)[0]


def as_json(text: str) -> dict[str, Any]:
    """Return what the text of a valid manifest says, without the defaults."""
    return _read(text)[1]


@lru_cache(maxsize=1024)  # most are read several times, and hardly ever does one change
def _read(text: str) -> tuple[Manifest, dict[str, Any]]:
    if found := _PLACEHOLDER.search(text):
        raise ManifestError("", f"still holds a placeholder of the template: {found[0]}")
    raw = strict_yaml.load(text)
    for where, text_inside in _texts(raw, ""):
        _check_text(where, text_inside)
    manifest = _convert(raw)
    _check(manifest)
    return manifest, raw


def check_slug(slug: str) -> None:
    """Refuse a slug that is not kebab-case or that the hub uses itself.

    Raises:
        ManifestError: It is.
    """
    if len(slug) > 40 or not re.fullmatch(_KEBAB.strip("^$"), slug):
        raise ManifestError("slug", f"{slug!r} is not kebab-case, such as team-notes")
    if slug in RESERVED_SLUGS:
        raise ManifestError("slug", f"{slug!r} is reserved for the hub itself")


def schema() -> dict[str, Any]:
    """Return the JSON Schema, draft 2020-12, that is made from `Manifest`."""
    made = msgspec.json.schema(Manifest)
    # Only from 3.13 on are docstrings kept without their indentation.
    for part in made["$defs"].values():
        part["description"] = inspect.cleandoc(part["description"])
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        "title": "app.manifest.yml",
    }
    return {**head, **made}


def _convert(raw: Any) -> Manifest:
    try:
        return msgspec.convert(raw, Manifest)
    except msgspec.ValidationError as error:
        problem, _, place = str(error).partition(" - at ")
        where = place.strip("`").removeprefix("$").removeprefix(".")
        if lost := re.search(r"missing required field `(\w+)`", problem):
            raise ManifestError(".".join(filter(None, (where, lost[1]))), "is missing") from None
        if unknown := re.search(r"contains unknown field `(.*)`", problem):
            name = ".".join(filter(None, (where, unknown[1])))
            raise ManifestError(name, "is no field of a manifest") from None
        raise ManifestError(where, f"is wrong: {problem}") from None


def _check(manifest: Manifest) -> None:
    """The rules that one field alone cannot break."""
    check_slug(manifest.slug)
    if manifest.routing.subdomain in RESERVED_SLUGS:
        raise ManifestError("routing.subdomain", f"{manifest.routing.subdomain!r} is reserved")
    if manifest.auth.authentik_app_slug != manifest.slug:
        wanted = f"must be the slug, {manifest.slug!r}: tokens are made for it"
        raise ManifestError("auth.authentik_app_slug", wanted)
    if manifest.routing.ports.frontend == manifest.routing.ports.backend:
        raise ManifestError("routing.ports", "must differ from one another")
    try:
        uuid.UUID(manifest.id)
    except ValueError:
        raise ManifestError("id", f"{manifest.id!r} is no UUID") from None
    if not math.isfinite(manifest.hub.order):
        raise ManifestError("hub.order", "must be a finite number")
    if ".." in manifest.icon.split("/"):
        raise ManifestError("icon", f"{manifest.icon!r} is outside the app's folder")


def _texts(value: Any, where: str) -> Iterator[tuple[str, str]]:
    """Yield every key and every text with its place."""
    if isinstance(value, dict):
        for key, inner in value.items():
            name = f"{where}.{key}".removeprefix(".")
            yield name, ""
            yield from _texts(inner, name)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _texts(inner, f"{where}[{number}]")
    elif isinstance(value, str):
        yield where, value


def _check_text(where: str, text: str) -> None:
    if _SECRET_NAME.search(where.rpartition(".")[2]) or _SECRET_VALUE.search(text):
        raise ManifestError(where, "looks like a secret; a manifest must not hold any")
    if _CONTROL.search(text):
        raise ManifestError(where, "holds a control character")
