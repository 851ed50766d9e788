"""Whom the failure points at: a weight for each upgrade, from what the failing run printed. Pure.

A name in the line of the exception counts most, then the package of the deepest frame, and as much as that a name in
the statement that raised, since a call that is refused has no frame of what refused it. Then comes what the package of
that frame requires, since a package breaks where it uses another, and then any other mention. The test runner stands
in every traceback and counts least, but for one that it ends itself. A suspect is never believed: it is tried first.
"""

from __future__ import annotations

import re
from itertools import takewhile
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

_FRAME = re.compile(r"site-packages[/\\]([\w./\\-]+)")
_NATIVE_FRAME = re.compile(r'File "([^"]+)", line')
_ENVIRONMENT = re.compile(r"(?<![\w/\\])[^\s'\"()]*[/\\]site-packages[/\\]")
_RAISED = re.compile(
    r"^(?:E +.*|[\w.]*(?:Error|Exception|Warning)\b.*|error: .*|ERROR .*|FAILED .*)$", re.MULTILINE
)
_RAISING = re.compile(
    r"^(?:> +| {4})(\S.*)\n(?:[ ~^]+\n)?(?=E |[\w.]*(?:Error|Exception|Warning)\b)", re.MULTILINE
)
_EXCEPTION = re.compile(r"[\w.]*(?:Error|Exception|Warning)\b")
_SUFFIX = re.compile(r"\.py\b")
_RUNNERS = frozenset({"pytest", "pluggy", "iniconfig", "tox", "nose", "unittest2", "hypothesis"})
_IN_RAISED, _DEEPEST, _USED_THERE, _FRAMES, _MENTION = 4.0, 3.0, 1.5, 1.0, 0.5
_RAISING_IT = _DEEPEST
STRONG = _DEEPEST  # a failure is about this package, and does not only pass through it
BROKE_ANOTHER = 4 * _IN_RAISED  # another command of the project, today: no trace is as telling
_RUNNER = 0.1
_LONGEST = 200  # characters of a line that is shown
_SHARE = 0.8  # of the belief, for all that the failure names together
_DIRECT = 2.0  # a direct requirement breaks its user more often than one further down
# Of that for a runner: its plugins move only with it, so they are tried without it first.
_CARRIES = 0.2


def scores(
    output: str,
    imports: Mapping[str, Iterable[str]],
    required_by: Mapping[str, Collection[str]] = MappingProxyType({}),
) -> dict[str, float]:
    """Return how strongly a failure points at each package; those at which it does not are left out.

    Args:
        output: What the failing run printed.
        imports: For each package the names that it is imported by, itself excluded or not.
        required_by: For each package those that require it.
    """
    raised = "\n".join(_RAISED.findall(output))
    raising = "\n".join(_RAISING.findall(output))
    frames = _FRAME.findall(output)
    deepest = next((frame for frame in reversed(frames) if not _is_runner(frame)), "")
    broken = {
        package for package, modules in imports.items()
        if _is_in(deepest, _names(package, modules))
    }  # fmt: skip
    ran_only = frozenset() if raised and _is_raised_by_a_runner(output) else _RUNNERS
    found: dict[str, float] = {}
    for package, modules in imports.items():
        names = _names(package, modules)
        is_used = not broken.isdisjoint(required_by.get(package, ()))
        if package in ran_only and not _mentions(names, raised) and not is_used:
            continue
        score = _IN_RAISED * _mentions(names, raised)
        score += _DEEPEST * (package in broken)
        score += _RAISING_IT * _mentions(names, raising)
        score += _USED_THERE * is_used
        score += _FRAMES * any(_is_in(frame, names) for frame in frames)
        score += _MENTION * _mentions(names, output)
        if score:
            found[package] = score * (_RUNNER if package in ran_only else 1.0)
    return found


def said_by(output: str) -> str:
    """Return the line of a failing run's output that says what was raised, or nothing.

    Paths into the environment are told from its packages on: the rest is another one in every run.
    """
    found: list[str] = _RAISED.findall(_ENVIRONMENT.sub("", output))
    lines = [line.removeprefix("E ").strip() for line in found]
    raised = [place for place, line in enumerate(lines) if _EXCEPTION.match(line)]
    place = raised[-1] if raised else len(lines) - 1
    told = lines[place] if lines else ""
    if raised and told.endswith(":"):  # what it says stands on the next lines
        below = takewhile(lambda line: line.startswith("E "), found[place + 1 :])
        told = " ".join([told, *(line[2:].strip() for line in below if line[2:].strip())][:2])
    return told[:_LONGEST]


def _names(package: str, modules: Iterable[str]) -> set[str]:
    return {package, package.replace("-", "_"), *modules}


def _is_in(frame: str, names: Collection[str]) -> bool:
    """Whether a file is one of a package with these names, some of which may be dotted."""
    parts = re.split(r"[/\\]", frame.removesuffix(".py"))
    return any(".".join(parts[:depth]) in names for depth in range(1, len(parts) + 1))


def _is_runner(frame: str) -> bool:
    return _is_in(frame.lstrip("_"), _RUNNERS)


def _is_raised_by_a_runner(output: str) -> bool:
    """Whether the last frame, whoever's it is, is one of a runner: it refuses something before any test is reached."""
    frames = _NATIVE_FRAME.findall(output)
    installed = _FRAME.search(frames[-1]) if frames else None
    return installed is not None and _is_runner(installed[1])


def _mentions(names: Iterable[str], text: str) -> bool:
    words = "|".join(sorted(map(re.escape, names)))
    text = _SUFFIX.sub("", text)  # there is a package that is imported as "py"
    return re.search(rf"(?<![\w-])(?:{words})(?![\w-])", text, re.IGNORECASE) is not None


def weigh(
    names: Sequence[str], scored: Mapping[str, float], direct: frozenset[str] = frozenset()
) -> dict[str, float]:
    """Return the chance that each upgrade is to blame; the chances sum to 1, and none is nought.

    Args:
        names: The upgrades.
        scored: From `scores`.
        direct: What the project itself requires.
    """
    plain = {
        name: (_DIRECT if name in direct else 1.0) * (_CARRIES if name in _RUNNERS else 1.0)
        for name in names
    }
    pointed = {name: scored[name] ** 2 for name in names if name in scored}
    share = _SHARE if pointed and len(pointed) < len(names) else 0.5 * bool(pointed)
    total_plain, total_pointed = sum(plain.values()), sum(pointed.values()) or 1.0
    return {
        name: (1 - share) * plain[name] / total_plain
        + share * pointed.get(name, 0.0) / total_pointed
        for name in names
    }
