"""A published corpus of XSS payloads: brs-kb's (MIT), read from the installed package.

To import that takes longer than to hold a page against them, so what can be stored is kept below ``.runbook``, a
payload a line, by the digests of all that decides what it is.
"""

from __future__ import annotations

import hashlib
import random
import sys
import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from runbook.atomic import write_atomically
from runbook.state_folder import make_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MAX_TEXT = 2_000
_STATE = Path(__file__).parents[1] / ".runbook"


def payloads(count: int | None = None, *, seed: int = 8) -> list[str]:
    """Different payloads that can be stored: no lone surrogates, and not longer than a text may be.

    Args:
        count: How many, chosen by chance; all of them by default.
        seed: Of the choice.
    """
    fitting = _kept()
    chance = random.Random(seed)  # noqa: S311 - a sample that can be drawn again
    return fitting if count is None else chance.sample(fitting, min(count, len(fitting)))


def chunks(texts: Sequence[str], size: int) -> Iterator[tuple[str, ...]]:
    """The texts, so many at a time."""
    for start in range(0, len(texts), size):
        yield tuple(texts[start : start + size])


def _kept() -> list[str]:
    """All that can be stored, in order; read from the package where that was not done before."""
    file = make_in(_STATE, "corpus") / f"{_digest()}.txt"
    if not file.exists():
        write_atomically(file, "\n".join(_read()).encode())
    return file.read_text(encoding="utf-8").split("\n")  # what is printable has no such sign


def _digest() -> str:
    """What decides what the corpus is: the files of the package, this module, and what Python can print."""
    package = find_spec("brs_kb")
    assert package is not None
    assert package.origin is not None
    (listed,) = Path(package.origin).parents[1].glob("brs_kb-*.dist-info/RECORD")
    decisive = (listed.read_bytes(), Path(__file__).read_bytes(), sys.version.encode())
    return hashlib.sha256(b"\0".join(decisive)).hexdigest()[:16]


def _read() -> list[str]:
    with warnings.catch_warnings():
        # Its entries ask for the time in a way that is deprecated since Python 3.12; a warning is an error in tests.
        warnings.filterwarnings("ignore", category=DeprecationWarning, module="brs_kb")
        from brs_kb import get_all_payloads

        texts = {str(entry["payload"]) for entry in get_all_payloads().values()}
    return sorted(text for text in texts if _can_be_stored(text))


def _can_be_stored(text: str) -> bool:
    return text.isprintable() and text.strip() != "" and len(text) <= MAX_TEXT
