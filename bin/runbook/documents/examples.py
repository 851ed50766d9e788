"""Python, settings and files of the gate that documents show as examples, and whether the engine would take them."""

from __future__ import annotations

import json
import re
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

from runbook.errors import UsageError
from runbook.gate.file import CLOSED_KEYS, OPEN_KEYS, VERSION
from runbook.project import project_of
from runbook.rows import tests_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_FENCE = re.compile(
    r"^ *```(?P<kind>python|toml|json)\n(?P<body>.*?)^ *```", re.MULTILINE | re.DOTALL
)

_OBJECT = re.compile(r"\{.*\}")


def findings(text: str) -> Iterator[str]:
    """Yield what is wrong with the examples of a document: rows, settings, or how they are written."""
    for fence in _FENCE.finditer(text):
        body = textwrap.dedent(fence["body"])
        try:
            if fence["kind"] == "python":
                list(tests_of(body.encode(), "its lines"))
            elif fence["kind"] == "toml":
                project_of(body, root=Path())
            else:
                _check_gates(body)
        except (UsageError, ValueError) as error:
            yield f"shows an example that is refused: {error}"


def _check_gates(body: str) -> None:
    """Look at each line that is a file of the gate, or hardly differs from one.

    Raises:
        UsageError: No gate has such a file.
    """
    for text in filter(_OBJECT.fullmatch, body.splitlines()):
        record = json.loads(text)
        nearest = max(OPEN_KEYS, CLOSED_KEYS, key=lambda keys: len(keys & record.keys()))
        if 2 * len(nearest & record.keys()) < len(nearest):
            continue
        if wrong := nearest ^ record.keys():
            raise UsageError(f"a gate has {', '.join(sorted(wrong))} otherwise")
        if record["version"] != VERSION:
            raise UsageError(f"a gate has version {VERSION}")
