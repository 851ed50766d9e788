"""Where portal and apps are: one domain, the portal at its top, each app at a name below."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from hub.errors import UsageError

PORTAL: Final = ""  # its place below the domain
DEFAULT_PORT: Final = 8000  # the portal's, where nobody chooses another
_LOOPBACK: Final = frozenset({"127.0.0.1", "[::1]"})
# An underscore is in no host name of ours, and in folders that should say why they are no app.
_HOST: Final = re.compile(r"([a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_LOCAL_PATH: Final = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]*")


@dataclass(frozen=True, slots=True)
class Addresses:
    """The addresses that browsers use.

    Attributes:
        scheme: http or https.
        domain: The portal's host name; apps are at ``<subdomain>.<domain>``.
        port: The port that browsers see.
    """

    scheme: str
    domain: str
    port: int

    @classmethod
    def parse(cls, url: str) -> Addresses:
        """Read the portal's public address.

        Raises:
            UsageError: It is no http or https origin.
        """
        parts = urlsplit(url)
        is_origin = parts.scheme in _DEFAULT_PORTS and parts.hostname and parts.path in {"", "/"}
        if not is_origin or parts.query or parts.fragment or parts.username:
            raise UsageError(
                f"{url} is no address of a portal",
                next_step="use one such as https://hub.example.org",
            )
        return cls(parts.scheme, parts.hostname or "", parts.port or _DEFAULT_PORTS[parts.scheme])

    @property
    def is_secure(self) -> bool:
        """Whether browsers come by https, so that cookies are kept to it."""
        return self.scheme == "https"

    @property
    def portal(self) -> str:
        """The portal's origin, which is the issuer of the tokens too."""
        return f"{self.scheme}://{self.domain}{self._port}"

    def app(self, subdomain: str) -> str:
        """The origin of an app."""
        return f"{self.scheme}://{subdomain}.{self.domain}{self._port}"

    @property
    def _port(self) -> str:
        return "" if self.port == _DEFAULT_PORTS[self.scheme] else f":{self.port}"

    def place_of(self, host: str) -> str | None:
        """Return which part of the hub a Host header asks for.

        Returns:
            The subdomain, `PORTAL` for the portal, or None where it is no host of this hub.
        """
        found = _HOST.fullmatch(host.lower())
        if not found:
            return None
        name = found[1]
        if name == self.domain or name in _LOOPBACK:
            return PORTAL
        below = name.removesuffix(f".{self.domain}")
        return below if below not in {name, ""} and "." not in below else None


def local_path(text: str) -> str:
    """Return ``text`` if it leads to a page of the same site, else the front page.

    Whoever makes a link to a sign-in must not be able to choose another site to end at.
    """
    return text if _LOCAL_PATH.fullmatch(text) else "/"
