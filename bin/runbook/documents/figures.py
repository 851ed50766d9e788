"""Measured figures that documents give in their own words, and whether they say what prints them.

Nobody can check a time that was measured on another machine, but everybody can measure it again where the
sentence says how. So a paragraph, or a table with the paragraph before it, that gives a time or a size shows a command.
Text between generated markers carries its command already.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_GENERATED = re.compile(
    r"^<!-- generated: ([a-z-]+) -->\n.*?^<!-- end of \1 -->", re.MULTILINE | re.DOTALL
)
_FENCE = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)
_FIGURE = re.compile(r"\b\d[\d.,]*\d?(?: ?(?:ms|us|MB)| s| microseconds)(?![\w-])")
_COMMAND = re.compile(r"`[^`\n]*(?:benchmarks/|bin/|invoke |nox |--\w)[^`\n]*`")


def unproved(text: str) -> Iterator[str]:
    """Yield the first figure of each paragraph that gives one and shows no command."""
    own_words = _FENCE.sub("", _GENERATED.sub("", text))
    before = ""
    for paragraph in re.split(r"\n\s*\n", own_words):
        whole = f"{before}\n{paragraph}" if paragraph.lstrip().startswith("|") else paragraph
        figure = _FIGURE.search(paragraph)
        if figure and not _COMMAND.search(whole):
            yield figure[0]
        before = paragraph
