"""The key that signs the tokens, and the public half that everybody may have."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, Final

from joserfc.jwk import ECKey, KeySet

if TYPE_CHECKING:
    from pathlib import Path

ALGORITHM: Final = "ES256"


class SigningKey:
    """An elliptic-curve key pair; its id is the RFC 7638 thumbprint.

    Args:
        key: The pair.
    """

    def __init__(self, key: ECKey) -> None:
        self.private = key
        key.ensure_kid()

    @classmethod
    def generate(cls) -> SigningKey:
        """Make a new one, for this process alone."""
        return cls(ECKey.generate_key("P-256", private=True))

    @classmethod
    def load_or_create(cls, file: Path) -> SigningKey:
        """Return the key in ``file``, made at the first call, so that a restart signs nobody out."""
        if not file.exists():
            _write_private(file, json.dumps(cls.generate().private.as_dict(private=True)))
        return cls(ECKey.import_key(json.loads(file.read_text(encoding="utf-8"))))

    def as_jwks(self) -> dict[str, Any]:
        """The public half as a JWK set (RFC 7517)."""
        public = self.private.as_dict(private=False) | {"use": "sig", "alg": ALGORITHM}
        return {"keys": [public]}

    def public_keys(self) -> KeySet:
        """What verifies the tokens that this key signs."""
        # Its typed dictionary is any that is read from JSON.
        return KeySet.import_key_set(self.as_jwks())  # type: ignore[arg-type]


def _write_private(file: Path, text: str) -> None:
    """Write a file that nobody else can read; of two at once, the first one stands."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    scratch = file.with_name(f".{file.name}.{os.getpid()}")
    scratch.touch(mode=0o600)
    scratch.write_text(text, encoding="utf-8")
    try:
        os.link(scratch, file)
    except FileExistsError:
        pass
    finally:
        scratch.unlink()
