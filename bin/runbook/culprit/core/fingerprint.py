"""What a failure looks like, so that another failure is not taken for the one that is hunted.

Pure: the output of a command in, the names of tests and exceptions out.
"""

from __future__ import annotations

import re
from itertools import takewhile

_PATTERNS = (
    re.compile(
        r"^(?:FAILED|ERROR) (?P<test>\S+::\S+|\S+\.py)(?: - (?P<error>[A-Za-z_][\w.]*))?",
        re.MULTILINE,
    ),  # pytest
    re.compile(r"^(?:FAIL|ERROR): (?P<test>\w+ \([\w.]+\))", re.MULTILINE),  # unittest
    re.compile(r"^FAIL (?P<test>\S+) severity=", re.MULTILINE),  # the lines of the smoke
    re.compile(
        r"^(?:E +)?(?P<error>(?:[a-z_]\w*\.)*[A-Z]\w*(?:Error|Exception|Interrupt|Exit|Warning|Failure))(?::|$)",
        re.MULTILINE,
    ),
)
# A line that says what went wrong, where the last one may only say that something did.
_TELLING = re.compile(
    r"^E +\S"  # pytest
    r"|^(?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:Error|Exception): "  # Python
    r"|^[\w./-]+: error: "  # argparse, compilers, and pytest of its command line
    r"|^(?:fatal|error): "  # git, and most others
)
_OF_PYTEST = re.compile(r"^E(?: |$)")
# Where pytest begins to say it, in words that may go on for lines.
_RAISED = re.compile(r"^E +(?:(?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:Error|Exception)\b|assert )")
_LONGEST_LINE = 200
_MOST = 20  # names of each kind that are kept


def fingerprint(output: str) -> frozenset[str]:
    """Return ``test:NAME`` and ``error:NAME`` for each that the output shows; empty where it shows none."""
    found: dict[str, None] = {}
    for pattern in _PATTERNS:
        for match in pattern.finditer(output):
            found |= {
                f"{kind}:{name.rpartition('.')[2] if kind == 'error' else name}": None
                for kind, name in match.groupdict().items()
                if name
            }
    kinds = [
        [name for name in found if name.startswith(kind)][:_MOST] for kind in ("test:", "error:")
    ]
    return frozenset(kinds[0] + kinds[1])


def is_same(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether two failures may be the same: no kind of name is shown by both without one in common."""
    for kind in ("test:", "error:"):
        left, right = ({name for name in each if name.startswith(kind)} for each in (one, other))
        if left and right and not left & right:
            return False
    return True


def telling_line(output: str) -> str:
    """Return the last line that says what went wrong, or the last one where none does; empty for no output.

    Of what pytest says of one failure that is where it begins: it ends with how to see more.
    """
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    ends = (place for place, line in enumerate(reversed(lines)) if _TELLING.search(line))
    said = lines[::-1][next(ends, 0) :]
    raised = [line for line in takewhile(_OF_PYTEST.search, said) if _RAISED.search(line)]
    return next(iter(raised[-1:] or said), "")[:_LONGEST_LINE]
