"""Looks every locked package up: ``python -m tests.scan.audit``. What was not looked up is not well.

Exit status: 0 all were looked up and none is known to be vulnerable, 1 one is, 6 some could not be
looked up.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

ROOT = Path(__file__).parents[2]
_SECONDS = 240
_SHOWN = 5
_AGAIN = "bin/nox -s 'scan(dependencies)'"
_PIN = re.compile(r"^[A-Za-z0-9._-]+==[^ \\\n;]+", re.MULTILINE)


class Exit(IntEnum):
    """The exit status."""

    WELL = 0
    VULNERABLE = 1
    UNKNOWN = 6


_NEXT = {
    Exit.WELL: "",
    Exit.VULNERABLE: f' next="bin/invoke lock --upgrade, then {_AGAIN}"',
    Exit.UNKNOWN: f' next="{_AGAIN} where an index answers that knows of vulnerabilities"',
}


class Finding(NamedTuple):
    """What is known of the packages of one lock.

    Attributes:
        checked: How many were looked up.
        unknown: A line for each that was not, or one for the whole lock.
        vulnerable: A line for each known vulnerability.
    """

    checked: int
    unknown: list[str]
    vulnerable: list[str]

    @property
    def exit(self) -> Exit:
        """The worst that it means."""
        if self.vulnerable:
            return Exit.VULNERABLE
        return Exit.UNKNOWN if self.unknown or not self.checked else Exit.WELL


def judge(report: Mapping[str, Any], asked: int) -> Finding:
    """Read a report of pip-audit.

    Args:
        report: What it said; a package that it skipped is unknown, whatever its exit status.
        asked: How many packages it was to look up; one that it does not name is unknown too.
    """
    unknown, vulnerable, checked = [], [], 0
    for package in report.get("dependencies", []):
        name = f"{package['name']} {package.get('version', '')}".strip()
        if "skip_reason" in package or "vulns" not in package:
            unknown.append(f"{name}: {package.get('skip_reason', 'nothing was said of it')}")
            continue
        checked += 1
        vulnerable += [
            f"{name}: {each['id']}, repaired in {', '.join(each['fix_versions']) or 'no version yet'}"
            for each in package["vulns"]
        ]
    silent = asked - checked - len(unknown)
    if silent > 0:
        unknown.append(f"{silent} packages: nothing was said of them")
    return Finding(checked, unknown, vulnerable)


def pins(locks: Iterable[str]) -> list[str]:
    """Every package that any of the locks names, once for each version.

    Args:
        locks: What stands in the locks.
    """
    found = (match[0] for lock in locks for match in _PIN.finditer(lock))
    return sorted(set(found))


def batches(packages: Sequence[str]) -> list[list[str]]:
    """Share packages out so that none stands twice in a batch: pip-audit refuses two versions of one."""
    shared: list[dict[str, str]] = []
    for package in packages:
        name = package.partition("==")[0]
        batch = next((each for each in shared if name not in each), None)
        if batch is None:
            batch = {}
            shared.append(batch)
        batch[name] = package
    return [list(batch.values()) for batch in shared]


def together(findings: Iterable[Finding]) -> Finding:
    """What several look-ups say as one; a look-up that failed stays unknown."""
    every = list(findings)
    return Finding(
        sum(each.checked for each in every),
        [line for each in every for line in each.unknown],
        [line for each in every for line in each.vulnerable],
    )


def look_up(packages: Sequence[str]) -> Finding:
    """Look packages up, each of them once and in one version."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
        file.write("\n".join(packages))
        file.flush()
        command = [sys.executable, "-m", "pip_audit", "--requirement", file.name, "--no-deps"]
        command += ["--disable-pip", "--format", "json", "--progress-spinner", "off"]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, check=False, timeout=_SECONDS
            )
            return judge(json.loads(done.stdout), len(packages))
        except subprocess.TimeoutExpired:
            return Finding(0, [f"no answer within {_SECONDS} s"], [])
        except ValueError:
            said = " ".join(done.stderr.split())[-200:]
            return Finding(0, [said or "pip-audit said nothing"], [])


def main(arguments: Sequence[str]) -> int:
    """Audit the locks that are named, or all of them."""
    locks = [Path(each) for each in arguments] or sorted((ROOT / "requirements").glob("*.txt"))
    packages = pins(lock.read_text(encoding="utf-8") for lock in locks)
    finding = together(look_up(batch) for batch in batches(packages))
    for line in finding.vulnerable:
        print(f"VULNERABLE {line}")
    for line in finding.unknown[:_SHOWN]:
        print(f"UNKNOWN {line}")
    if len(finding.unknown) > _SHOWN:
        print(f"UNKNOWN and {len(finding.unknown) - _SHOWN} more")
    print(
        f"RESULT {finding.exit.name.lower()} locks={len(locks)} looked_up={finding.checked}"
        f" unknown={len(finding.unknown)} vulnerable={len(finding.vulnerable)}{_NEXT[finding.exit]}"
    )
    return finding.exit


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
