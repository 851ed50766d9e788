"""What a gate's tiers may know of whoever opens it: a few variables by name, and nothing else.

Pure. A variable that is not named here cannot filter, skip, or replace anything: ``PYTEST_ADDOPTS``,
``PYTHONPATH``, ``E2E_PYTHON`` and the rest of them stay outside.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

_ALLOWED = frozenset({
    *("PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "TZ", "USER", "LOGNAME"),
    *("XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR"),
    # How packages are reached, never which ones: those are in the locks, with their hashes.
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "UV_CACHE_DIR", "UV_DEFAULT_INDEX", "UV_FIND_LINKS"),
    *("UV_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_NATIVE_TLS", "UV_SYSTEM_CERTS", "UV_OFFLINE"),
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"),
    *("http_proxy", "https_proxy", "all_proxy", "no_proxy"),
})  # fmt: skip
_SET = {
    "CI": "1",  # a browser that is missing is an error, and nothing is skipped for a person's sake
    "NO_COLOR": "1",
    "COLUMNS": "200",
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    "PYTHONNOUSERSITE": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
}


def gate_environment(
    environment: Mapping[str, str], further: Iterable[str] = (), *, bytecode: Path
) -> dict[str, str]:
    """Return the environment of a gate's tiers.

    Args:
        environment: Of whoever opens the gate.
        further: Names that the project allows besides.
        bytecode: An empty folder. What stands compiled beside a source, in the tree or in a package, need not be of
            that source: none of it is read, and none is written there.
    """
    allowed = _ALLOWED.union(further)
    kept = {name: value for name, value in environment.items() if name in allowed}
    return kept | _SET | {"PYTHONPYCACHEPREFIX": str(bytecode)}
