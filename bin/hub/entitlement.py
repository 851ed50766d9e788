"""Who may use an app, as the identity provider sees it: ``entitlement.yml`` beside the manifest.

An app without this file is for nobody: what is not granted is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import msgspec
from msgspec import Meta, Struct

from hub import strict_yaml
from hub.errors import ManifestError
from hub.manifest import Group  # noqa: TC001 - the record reads its annotations

if TYPE_CHECKING:
    from collections.abc import Collection

FILE_NAME: Final = "entitlement.yml"


class Entitlement(Struct, frozen=True, forbid_unknown_fields=True):
    """The groups that may use one app.

    Attributes:
        app: The app's slug, so that a copied file does not open another app.
        groups: A user needs one of them.
    """

    app: str
    groups: Annotated[tuple[Group, ...], Meta(min_length=1)]

    def admits(self, groups: Collection[str]) -> bool:
        """Whether somebody in these groups may use the app."""
        return not set(self.groups).isdisjoint(groups)


def parse(text: str, slug: str) -> Entitlement:
    """Read the entitlement of the app called ``slug``.

    Raises:
        ManifestError: It breaks a rule, or is another app's.
    """
    try:
        entitlement = msgspec.convert(strict_yaml.load(text), Entitlement)
    except msgspec.ValidationError as error:
        raise ManifestError("", f"is wrong: {error}") from None
    if entitlement.app != slug:
        raise ManifestError("", f"is for {entitlement.app!r} and stands in {slug!r}")
    return entitlement
