"""What drift has found is told to the repository, as a plan: an issue a cause, and a pull request a pin.

``gh`` is asked what is there before anything is planned, so that a plan says exactly what will be done.
"""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import subprocess
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from runbook.calls import call_session
from runbook.errors import EnvironmentNotReady, UsageError
from runbook.git import git
from runbook.github.actions import add_summary
from runbook.github.drift import BUNDLE, WAYS, records
from runbook.github.drift_issues import Action as IssueAction
from runbook.github.drift_issues import Deed, decide
from runbook.github.summary import text
from runbook.procedures.journal import Done
from runbook.procedures.step_runner import carry_out, read_source
from runbook.procedures.steps import Outcome, Plan, Repeat, Step, make_plan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from runbook.procedures.journal import Facts
    from runbook.procedures.step_runner import Action
    from runbook.project import Project

_LABEL = "drift"
_CONCLUSIVE = {"clean", "found", "outside-lock", "baseline-red", "unresolvable"}
_WAITS = "\n\nA bot opened this, so its checks wait: close and reopen it to start them."


@dataclass(frozen=True, slots=True)
class _Pin:
    """A branch that holds a pin, in a bundle.

    Attributes:
        bundle: The file.
        ref: Its full name.
        commit: Its tip.
    """

    bundle: Path
    ref: str
    commit: str

    @property
    def branch(self) -> str:
        """Its short name."""
        return self.ref.removeprefix("refs/heads/")


@dataclass(frozen=True, slots=True)
class Telling:
    """What is to be told, and how.

    Attributes:
        plan: What will be done.
        actions: One for each step.
    """

    plan: Plan
    actions: Mapping[str, Action]


def plan_telling(project: Project, folder: Path, *own: str) -> Telling:
    """Plan what is told: nothing is changed.

    Args:
        project: Whose repository it is.
        folder: Where the records of all ways are, at any depth.
        own: The files that the call itself reads or writes; see `read_source`.

    Raises:
        UsageError: There is no record.
        EnvironmentNotReady: ``gh`` is not there, or refused.
    """
    found = [record for _, record in records(folder)]
    if not found:
        raise UsageError(f"no record of drift in {folder}", next_step=call_session("drift"))
    is_whole = len(found) >= len(WAYS) and all(each["verdict"] in _CONCLUSIVE for each in found)
    causes = [json.loads(file.read_bytes()) for file in sorted(folder.rglob("issues/*.json"))]
    listed = ["issue", "list", "--label", _LABEL, "--state", "all", "--limit", "500"]
    there = json.loads(_gh(*listed, "--json", "number,state,body"))
    steps: list[tuple[Step, Action]] = [
        (_issue_step(each), partial(_tell, each))
        for each in decide(causes, there, is_whole=is_whole)
    ]
    steps += [
        (_pin_step(pin), partial(_offer, project.root, pin)) for pin in _pins(project, folder)
    ]
    plan = make_plan(
        "ci.publish-drift",
        read_source(project.root, *own),
        {"folder": folder},
        tuple(step for step, _ in steps),
    )
    return Telling(plan, {step.name: action for step, action in steps})


def publish(
    project: Project,
    telling: Telling,
    *,
    approved: Plan | None = None,
    resume: bool = False,
    say: Callable[[str], None] = lambda _: None,
) -> list[str]:
    """Tell it, step by step; nothing is forced.

    Args:
        project: Whose repository it is.
        telling: What was planned just now.
        approved: The plan that was read from a file; the two must be the same.
        resume: Go on where this same plan ended before.
        say: Is told of the progress, a line at a time.

    Returns:
        What was done, a line each.

    Raises:
        Refused: The approved plan does not hold any more.
        EnvironmentNotReady: ``gh`` refused.
    """
    plan, actions = telling.plan, telling.actions
    ended = carry_out(project, plan, actions, approved=approved, resume=resume, say=say)
    done = [str(facts["said"]) for facts in ended.facts.values()]
    add_summary("\n".join(["### drift", "", *(f"- {text(line)}" for line in done), ""]))
    return done


def _issue_step(action: IssueAction) -> Step:
    what = f"issue {action.number}" if action.number else "a new issue"
    title = f", {action.title!r}" if action.title else ""
    digest = hashlib.sha256(action.body.encode()).hexdigest()[:12]
    return Step(
        f"{action.deed}-{action.key}",
        f"{action.deed.capitalize()} {what}{title}; its text has the SHA-256 {digest}.",
        shlex.join(["gh", *_issue_call(action)]),
        reads=(f"the cause {action.key}",),
        writes=(what,),
        repeat=Repeat.ONCE if action.deed is Deed.OPEN else Repeat.REPEATABLE,
    )


def _issue_call(action: IssueAction) -> list[str]:
    """What tells an issue; its text comes from standard input, or is why it is closed."""
    if action.deed is Deed.CLOSE:
        return ["issue", "close", str(action.number), "--comment", action.body]
    which = (
        ["create", "--label", _LABEL] if action.deed is Deed.OPEN else ["edit", str(action.number)]
    )
    return ["issue", *which, "--title", action.title, "--body-file", "-"]


def _tell(action: IssueAction, _before: Mapping[str, Facts]) -> Done:
    if action.deed is Deed.OPEN:
        _gh("label", "create", _LABEL, "--force", "--description", "dependency drift")
    if action.deed is Deed.REOPEN:
        _gh("issue", "reopen", str(action.number))
    said = _gh(*_issue_call(action), stdin="" if action.deed is Deed.CLOSE else action.body)
    if action.deed is Deed.OPEN:
        return _done(f"opened {said.strip()}, {action.key}", made=said.strip())
    deed = "closed" if action.deed is Deed.CLOSE else "updated"
    return _done(f"{deed} issue {action.number}, {action.key}")


def _pins(project: Project, folder: Path) -> list[_Pin]:
    """The branches of all bundles; one that several ways have made is offered once."""
    found: dict[str, _Pin] = {}
    for bundle in sorted(folder.rglob(BUNDLE)):
        for pin in _heads(project.root, bundle):
            found.setdefault(pin.branch, pin)
    return list(found.values())


def _heads(root: Path, bundle: Path) -> Iterator[_Pin]:
    for head in git(root, "bundle", "list-heads", str(bundle)).splitlines():
        commit, _, ref = head.partition(" ")
        yield _Pin(bundle, ref, commit)


def _pin_step(pin: _Pin) -> Step:
    return Step(
        f"offer-{pin.branch.replace('/', '-')}",
        "Push the branch, and open a pull request for it unless there was one ever; one that is open goes on with it.",
        f"git push {_where() or 'origin'} {pin.commit[:10]}:{pin.ref} && gh pr create --head {pin.branch}",
        reads=(str(pin.bundle),),
        writes=(pin.branch, "a pull request"),
        repeat=Repeat.REPEATABLE,
    )


def _offer(root: Path, pin: _Pin, _before: Mapping[str, Facts]) -> Done:
    asked = ["pr", "list", "--head", pin.branch, "--state", "all", "--json", "number,state"]
    offered = json.loads(_gh(*asked))
    git(root, "fetch", "--quiet", str(pin.bundle), pin.ref)
    if offered and not (_is_open(offered) and _is_behind(root, pin)):
        said = f"{pin.branch} has a pull request already"
        return _done(said, outcome=Outcome.NOTHING_TO_DO)
    helper = "credential.helper=!gh auth git-credential"
    git(root, "-c", helper, "push", "--quiet", _where(), f"{pin.commit}:{pin.ref}")
    if offered:
        return _done(f"moved the pull request of {pin.branch} on")
    title, body = (git(root, "log", "-1", f"--format={form}", pin.commit) for form in ("%s", "%b"))
    call = ["pr", "create", "--head", pin.branch, "--title", title, "--body-file", "-"]
    url = _gh(*call, stdin=body + _WAITS).strip()
    return _done(f"opened {url} for {pin.branch}", made=url)


def _is_open(offered: Iterable[Mapping[str, str]]) -> bool:
    return any(each["state"] == "OPEN" for each in offered)


def _is_behind(root: Path, pin: _Pin) -> bool:
    """Whether the branch that was pushed before is one on which this one was built: nothing of it would be lost."""
    pushed = git(root, "ls-remote", _where(), pin.ref).partition("\t")[0]
    below = git(root, "rev-list", pin.commit).split()
    return pushed in below and pushed != pin.commit


def _done(said: str, *, made: str = "", outcome: Outcome = Outcome.OK) -> Done:
    return Done(said, {"said": said}, made=made, outcome=outcome)


def _where() -> str:
    """The repository's address, as its runner knows it."""
    server, name = (os.environ.get(f"GITHUB_{each}", "") for each in ("SERVER_URL", "REPOSITORY"))
    return f"{server}/{name}" if name else ""


def _gh(*arguments: str, stdin: str = "") -> str:
    try:
        done = subprocess.run(
            ["gh", *arguments], input=stdin, capture_output=True, text=True, check=False
        )
    except FileNotFoundError as error:
        raise EnvironmentNotReady("gh is not on PATH", next_step="install GitHub's gh") from error
    if done.returncode:
        said = done.stderr.strip() or f"exit status {done.returncode}"
        raise EnvironmentNotReady(f"gh {' '.join(arguments[:2])}: {said}")
    return done.stdout
