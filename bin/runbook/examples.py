"""Python and settings that documents show as examples, and whether the engine would take them."""

from __future__ import annotations

import re
import textwrap
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from runbook.errors import UsageError
from runbook.project import project_of
from runbook.rows import tests_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_FENCE = re.compile(r"^ *```(?P<kind>python|toml)\n(?P<body>.*?)^ *```", re.MULTILINE | re.DOTALL)


def findings(text: str) -> Iterator[str]:
    """Yield what is wrong with the examples of a document: rows, settings, or how they are written."""
    for fence in _FENCE.finditer(text):
        body = textwrap.dedent(fence["body"])
        try:
            if fence["kind"] == "python":
                list(tests_of(body.encode(), "its lines"))
            else:
                project_of(body, root=Path())
        except (UsageError, tomllib.TOMLDecodeError) as error:
            yield f"shows an example that is refused: {error}"
