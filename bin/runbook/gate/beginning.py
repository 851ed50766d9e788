"""What a project must have before its gate can be opened, and what to type where it has not.

A gate smokes every tier in its Nox session: one that is opened by the Python that happens to run the engine would say
nothing of what is served. A project that has only installed the engine has neither gate nor session, so that each is
given here as a command which can be typed as it stands. The file of such a gate is where git does not see it.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from runbook.calls import call_install, typed
from runbook.errors import EnvironmentNotReady, RunbookError
from runbook.gate.project_gate import gate_file, no_gate, unset_variables

if TYPE_CHECKING:
    from runbook.project import Project

_TABLE = "[tool.runbook.gate]"
_FILE = 'file = ".runbook/gate/gate.json"'
# What is served is what is committed, until the project says better.
_BUILD = 'build = ["git", "rev-parse", "HEAD^{tree}"]'
_SESSION = """
@nox.session(name="{session}", venv_backend="none")
def {function}(session):
    session.run(sys.executable, "-m", "runbook.smoke", "--tier", "{tier}", *session.posargs)
"""


def find_missing(project: Project) -> RunbookError | None:
    """Return what keeps a gate from being opened here whatever is smoked, the first thing first; None for nothing."""
    if gate_file(project) is None:
        return no_gate(_gate_step(project))
    if not project.gate.build:
        return EnvironmentNotReady(
            "the build of this tree is unknown", next_step=f"add this line below {_TABLE}: {_BUILD}"
        )
    if not (project.root / "noxfile.py").is_file():
        return EnvironmentNotReady(
            "a gate smokes each tier in its Nox session, and there is no noxfile.py",
            next_step=f"{_printing(_noxfile(project))} > noxfile.py",
        )
    if find_spec("nox") is None:
        return EnvironmentNotReady(
            "a gate smokes each tier in its Nox session, and Nox is not installed",
            next_step=call_install("nox"),
        )
    return None


def _gate_step(project: Project) -> str:
    if unset := unset_variables(project):
        return f"export {unset[0]}=FOLDER, which the gate's file is in"
    settings = project.root / "pyproject.toml"
    if settings.is_file() and _TABLE in settings.read_text(encoding="utf-8"):
        return f"add this line below {_TABLE}: {_FILE}"
    return f"{_printing(['', _TABLE, _FILE, _BUILD])} >> pyproject.toml"


def _noxfile(project: Project) -> list[str]:
    """The lines of a file with the sessions of the gate's tiers, which run in the Python that runs Nox."""
    sessions = [
        _SESSION.format(session=tier.session, function=f"smoke_{number}", tier=tier.name)
        for number, tier in enumerate(project.gate_tiers, start=1)
    ]
    return ["import sys", "", "import nox", "", *"\n".join(sessions).splitlines()]


def _printing(lines: list[str]) -> str:
    return typed(["printf", "%s\\n", *lines])
