"""tests/corpus.py: a corpus is read from its package, whatever that package warns of."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING

from tests import corpus

if TYPE_CHECKING:
    import pytest

# As the package is written: what it does when it is read is deprecated since Python 3.12.
OLD_FASHIONED = """
import warnings


def get_all_payloads():
    warnings.warn("utcnow() is deprecated", DeprecationWarning, stacklevel=1)
    return {"1": {"payload": "<svg onload=alert(1)>"}, "2": {"payload": " "}, "3": {"payload": "a\\nb"}}
"""


def test_a_package_that_is_old_fashioned_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    package = ModuleType("brs_kb")
    exec(OLD_FASHIONED, vars(package))  # noqa: S102 - a package of this test's own
    monkeypatch.setitem(sys.modules, "brs_kb", package)
    assert ["<svg onload=alert(1)>"] == corpus._read()
