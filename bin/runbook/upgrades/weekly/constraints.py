"""The constraints that drift keeps in ``pyproject.toml``: written with their reason, and taken out again. Pure.

Only the lists of ``[tool.uv]`` are edited, as text, so that comments and layout of the file stay as they are. An
entry of ours has a comment in front of it that begins with ``drift`` and the key of its cause.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

RUNTIME = "constraint-dependencies"
BUILD = "build-constraint-dependencies"
_TABLE = re.compile(r"^\[tool\.uv\][ \t]*(?:#.*)?\n", re.MULTILINE)
_ENTRY = re.compile(
    r'^[ \t]*# drift (?P<key>[0-9a-f]{8}): (?P<why>.*)\n[ \t]*"(?P<pin>[^"]+)",[ \t]*\n',
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Constraint:
    """One constraint.

    Attributes:
        key: Of its cause, eight hexadecimal digits, the same every week.
        pin: Such as ``click<8.2``.
        why: What it is good for, since when, and where it is followed up; one line.
        kind: `RUNTIME` or `BUILD`: the list that it stands in.
    """

    key: str
    pin: str
    why: str = ""
    kind: str = RUNTIME

    @property
    def name(self) -> str:
        """Return the package."""
        return re.split(r"[<>=!~]", self.pin)[0]

    @property
    def text(self) -> str:
        """Return its lines."""
        return f'  # drift {self.key}: {self.why}\n  "{self.pin}",\n'


def standing(pyproject: str) -> tuple[Constraint, ...]:
    """Return the constraints of ours that a ``pyproject.toml`` holds."""
    return tuple(
        Constraint(found["key"], found["pin"], found["why"], kind)
        for kind in (RUNTIME, BUILD)
        for found in _ENTRY.finditer(_list_of(pyproject, kind))
    )


def _list_of(pyproject: str, kind: str) -> str:
    found = _list(kind).search(pyproject)
    return found["body"] if found else ""


def _list(kind: str) -> re.Pattern[str]:
    return re.compile(rf"^{kind} = \[\n(?P<body>(?:.*\n)*?)\]\n", re.MULTILINE)


def add(pyproject: str, constraint: Constraint) -> str:
    """Return the file with a constraint, in the place of an older one of the same cause and package."""
    place = (constraint.key, constraint.name, constraint.kind)
    for each in standing(pyproject):
        if (each.key, each.name, each.kind) == place:
            pyproject = remove(pyproject, each)
    found = _list(constraint.kind).search(pyproject)
    if found:
        return pyproject[: found.end("body")] + constraint.text + pyproject[found.end("body") :]
    new = f"{constraint.kind} = [\n{constraint.text}]\n"
    table = _TABLE.search(pyproject)
    if table:
        return pyproject[: table.end()] + new + pyproject[table.end() :]
    return f"{pyproject.rstrip()}\n\n[tool.uv]\n{new}"


def remove(pyproject: str, constraint: Constraint) -> str:
    """Return the file without a constraint; a list and a table that hold nothing else go too."""
    found = _list(constraint.kind).search(pyproject)
    if found is None:
        return pyproject
    ours = (constraint.key, constraint.pin)
    body = _ENTRY.sub(
        lambda entry: "" if (entry["key"], entry["pin"]) == ours else entry[0], found["body"]
    )
    rest = f"{constraint.kind} = [\n{body}]\n" if body.strip() else ""
    pyproject = pyproject[: found.start()] + rest + pyproject[found.end() :]
    return (
        re.sub(
            r"\n*^\[tool\.uv\]\n(?=\s*(?:\[|\Z))", "\n\n", pyproject, flags=re.MULTILINE
        ).rstrip()
        + "\n"
    )


def without(pyproject: str) -> str:
    """Return the file without any constraint of ours: what drift looks at."""
    for each in standing(pyproject):
        pyproject = remove(pyproject, each)
    return pyproject
