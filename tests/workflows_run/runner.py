"""A runner for tests: it carries out the steps of a workflow's job in a fresh clone, as GitHub's would."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parents[2]
_EXPRESSION = re.compile(r"\$\{\{ (.*?) \}\}")
_FILES = ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_ENV", "GITHUB_PATH")
_OURS = ("GITHUB_", "RUNBOOK_", "NOX", "PYTEST_", "PYTHON", "VIRTUAL_ENV", "GIT_")


def job(workflow: str, name: str) -> dict[str, Any]:
    """Return a job of a workflow."""
    text = (ROOT / ".github" / "workflows" / f"{workflow}.yml").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(text)["jobs"][name]
    return found


@dataclass(frozen=True)
class Stepped:
    """What a step did.

    Attributes:
        status: Its exit status.
        log: What the runner reads: standard output, and then standard error.
        summary: What it added to the job's summary.
        outputs: By name.
    """

    status: int
    log: str
    summary: str
    outputs: dict[str, str]


@dataclass(frozen=True)
class Runner:
    """A machine that has this repository's HEAD and nothing that was made in the checkout.

    Attributes:
        clone: Where it is checked out.
        variables: Further variables of the environment.
    """

    clone: Path
    variables: Mapping[str, str]

    @classmethod
    def make(cls, folder: Path, **variables: str) -> Runner:
        """Clone into ``folder``."""
        clone = folder / "work"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        return cls(clone, variables)

    def run_job(self, job: dict[str, Any], expressions: Mapping[str, str]) -> list[Stepped]:
        """Run each ``run:`` of a job in order, up to the first that fails.

        Args:
            job: As its workflow has it.
            expressions: The value of each expression in its variables, by its text; one that is not known fails.
        """
        done: list[Stepped] = []
        for step in job["steps"]:
            if "run" in step and not (done and done[-1].status):
                variables = {**job.get("env", {}), **step.get("env", {})}
                done.append(self.run(step["run"], _evaluated(variables, expressions)))
        return done

    def run(self, command: str, variables: Mapping[str, str]) -> Stepped:
        """Run one command in the shell that a runner uses."""
        files = {name: self.clone.parent / name.lower() for name in _FILES}
        for file in files.values():
            file.write_bytes(b"")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
        named = {name: str(file) for name, file in files.items()}
        ours = {
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_EVENT_NAME": "push",
            "HOME": os.environ["HOME"],
        }
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", command],
            cwd=self.clone,
            env=kept | ours | named | dict(self.variables) | dict(variables),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        return Stepped(
            done.returncode,
            f"{done.stdout}\n{done.stderr}",
            files["GITHUB_STEP_SUMMARY"].read_text(encoding="utf-8"),
            _outputs(files["GITHUB_OUTPUT"].read_text(encoding="utf-8")),
        )


def _evaluated(variables: Mapping[str, Any], expressions: Mapping[str, str]) -> dict[str, str]:
    return {
        name: _EXPRESSION.sub(lambda match: expressions[match[1]], str(value))
        for name, value in variables.items()
    }


def _outputs(text: str) -> dict[str, str]:
    pairs = re.findall(r"^(\w[\w-]*)<<(\S+)\n(.*?)\n\2$", text, re.MULTILINE | re.DOTALL)
    return {name: value for name, _, value in pairs}
