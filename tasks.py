"""The procedures: one task each, a line or two over the engine. Environments are in noxfile.py.

``bin/invoke --list`` shows them, ``bin/invoke --help TASK`` the options of one.
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from invoke.collection import Collection
from invoke.tasks import task as any_task

if TYPE_CHECKING:
    from invoke.context import Context

ROOT = Path(__file__).parent.resolve()
sys.path.insert(0, str(ROOT / "bin"))

from runbook import commands
from runbook.commands import option_texts
from runbook.commands.option_texts import JSON_FILE, JSON_LIST, JSON_OBJECT

# Invoke makes short options up for each task by itself: -t would be a tier here and a test there.
task = partial(any_task, auto_shortflags=False)


def optional(argument: str, *, of: str) -> list[str]:
    """Name an argument that may stand without its option: Invoke knows only those that must stand there."""
    behind = sys.argv[sys.argv.index(of) + 1 :] if of in sys.argv else []
    return [argument] if behind and not behind[0].startswith("-") else []


@task(
    help={
        "tier": "a tier of pyproject.toml, such as fast, browser or hub",
        "changed": "run the tiers that the changed files need",
        "json": "write the run as JSON to this file, with --changed all of them; - is standard output",
        "report_to": "tell this dashboard; its token is $DASHBOARD_TOKEN",
    }
)
def run(
    c: Context, tier: str = "fast", changed: bool = False, json: str = "", report_to: str = ""
) -> None:
    """Run a tier through its environment."""
    commands.run(ROOT, tier=tier, changed=changed, json_file=json, report_to=report_to)


@task(
    positional=["pattern"],
    help={
        "pattern": "what the tests' names must match, as in pytest -k",
        "tier": "the tier to filter",
        "json": "write the run as JSON to this file; - is standard output",
    },
)
def filter(c: Context, pattern: str, tier: str = "fast", json: str = "") -> None:  # noqa: A001 - its name is public
    """Run the subset of a tier that matches a pattern."""
    commands.filter_tests(ROOT, pattern, tier=tier, json_file=json)


@task(positional=["test"], help={"test": "the test's name", **JSON_OBJECT})
def explain(c: Context, test: str, json: bool = False) -> None:
    """Explain a row: cause, suspects, severity, next steps."""
    commands.explain(ROOT, test, as_json=json)


@task(
    positional=optional("test", of="prove"),
    help={
        "test": "the row to prove; all of them where none is named",
        "tier": "only rows of this tier",
        "jobs": "runs at once; 0 is as many as there are cores",
        "json": "write the matrix as JSON to this file; - is standard output",
    },
)
def prove(
    c: Context, test: str | None = None, tier: str = "", jobs: int = 0, json: str = ""
) -> None:
    """Prove a row by its faults: inject each into a scratch tree and see the row turn red."""
    commands.prove(ROOT, test=test or "", tier=tier, jobs=jobs, json_file=json)


@task(help={**JSON_LIST})
def rows(c: Context, json: bool = False) -> None:
    """List every row of the runbook."""
    commands.rows(ROOT, as_json=json)


@task(help={**JSON_OBJECT})
def describe(c: Context, json: bool = False) -> None:
    """Describe every task and session with its options."""
    commands.describe(ROOT, as_json=json)


@task(
    help={
        "check": "install nothing: open a page in the browser that there is",
        "light": "a headless shell, even where a whole Chromium is there: a visit costs a third less",
        **JSON_OBJECT,
    }
)
def install_browsers(
    c: Context, check: bool = False, light: bool = False, json: bool = False
) -> None:
    """Find a Chromium that works, or install one."""
    commands.install_browsers(ROOT, light=light, check=check, as_json=json)


@task(help={**option_texts.SEARCH})
def find_offending_commit(  # noqa: PLR0913, PLR0917 - these are its options
    c: Context,
    test: str = "",
    command: str = "",
    file: str = "",
    good: str = "",
    bad: str = "HEAD",
    repo: str = "",
    setup: str = "",
    jobs: str = "",
    flake_rate: str = "",
    confidence: str = "",
    cluster: str = "",
    timeout: str = "",
    first_parent: bool = False,
    fresh: bool = False,
    resume: bool = False,
    dry_run: bool = False,
    json: str = "",
) -> None:
    """Name the commit that broke a row or a command."""
    commands.find_offending_commit(
        ROOT,
        test=test,
        file=file,
        repo=repo,
        command=command,
        options={
            "good": good,
            "bad": bad,
            "setup": setup,
            "jobs": jobs,
            "flake-rate": flake_rate,
            "confidence": confidence,
            "cluster": cluster,
            "timeout": timeout,
            "json": json,
        },
        flags={"first-parent": first_parent, "fresh": fresh, "resume": resume, "dry-run": dry_run},
    )


@task(help={**option_texts.REVERT})
def revert_and_resmoke(  # noqa: PLR0913, PLR0917 - these are its options
    c: Context,
    commit: str = "",
    mainline: int = 0,
    yes: bool = False,
    dry_run: bool = False,
    plan: str = "",
    resume: bool = False,
    json: str = "",
) -> None:
    """Revert a commit on a branch, smoke it there, and say how to merge it."""
    commands.revert_and_resmoke(
        ROOT,
        {"commit": commit, "mainline": mainline, "yes": yes},
        {"dry_run": dry_run, "plan": plan, "resume": resume, "json_file": json},
    )


@task(help={**option_texts.ROLLBACK})
def rollback(  # noqa: PLR0913, PLR0917 - these are its options
    c: Context,
    file: str = "",
    test: str = "",
    commit: str = "",
    jobs: int = 1,
    mainline: int = 0,
    fresh: bool = False,
    yes: bool = False,
    dry_run: bool = False,
    plan: str = "",
    resume: bool = False,
    json: str = "",
) -> None:
    """Find what broke the smoke, revert it on a branch, prove that, and say how to merge it."""
    commands.rollback(
        ROOT,
        {
            "file": file,
            "test": test,
            "commit": commit,
            "jobs": jobs,
            "mainline": mainline,
            "fresh": fresh,
            "yes": yes,
        },
        {"dry_run": dry_run, "plan": plan, "resume": resume, "json_file": json},
    )


@task(help={**option_texts.EVIDENCE})
def verify_evidence(c: Context, run: str = "", json: bool = False) -> None:
    """Recompute what a run left: its digests, its verdict, its statement."""
    commands.verify_evidence(ROOT, run=run, as_json=json)


@task(name="open", help={**option_texts.GATE_OPEN})
def gate_open(
    c: Context, bot: bool = False, dry_run: bool = False, plan: str = "", json: str = ""
) -> None:
    """Smoke exactly this commit, and open the public grid if all of it is green."""
    commands.gate_open(ROOT, bot=bot, dry_run=dry_run, plan_file=plan, json_file=json)


@task(name="close", help={**option_texts.GATE_CLOSE})
def gate_close(c: Context, reason: str, json: bool = False) -> None:
    """Close the gate of the public grid; it always works."""
    commands.gate_close(ROOT, reason=reason, as_json=json)


@task(name="status", help={**option_texts.GATE_STATUS})
def gate_status(c: Context, url: str = "", json: bool = False) -> None:
    """Say whether the public grid is open, why, and what would change that."""
    commands.gate_status(ROOT, url=url, as_json=json)


@task(
    help={
        "run": "the run to show; by default whatever ended last",
        "search": "the culprit search to show",
        "drift": "the drift run to show",
        "open": "open the page in a browser",
        **JSON_OBJECT,
    }
)
def report(  # noqa: PLR0913, PLR0917 - these are its options
    c: Context,
    run: str = "",
    search: str = "",
    drift: str = "",
    open: bool = False,  # noqa: A002 - its name is public
    json: bool = False,
) -> None:
    """Make one HTML page of the last run, search or drift."""
    asked = {"run": run, "search": search, "drift": drift}
    commands.report(ROOT, asked=asked, show=open, as_json=json)


@task(
    name="plan",
    help={
        "tags": "the tags of the sessions, with commas between them",
        **JSON_OBJECT,
    },
)
def ci_plan(c: Context, tags: str = "ci", json: bool = False) -> None:
    """Say which sessions a workflow runs, each on which Python."""
    commands.ci_plan(ROOT, tags=tags, as_json=json)


@task(
    name="drift",
    help={"way": "now, lowest or prerelease", "json": "print the record as one JSON object"},
)
def ci_drift(c: Context, way: str = "now", json: bool = False) -> None:
    """Smoke on floating dependencies one way, and sum it up for a workflow."""
    commands.ci_drift(ROOT, way=way, as_json=json)


@task(
    name="publish-drift",
    help={
        "folder": "where the records of all ways are",
        **option_texts.PLAN,
    },
)
def ci_publish_drift(  # noqa: PLR0913, PLR0917 - these are its options
    c: Context,
    folder: str = ".runbook/drift",
    dry_run: bool = False,
    plan: str = "",
    resume: bool = False,
    json: str = "",
) -> None:
    """Open, update or close the issues of drift, and offer its pins."""
    commands.ci_publish_drift(
        ROOT, folder=folder, dry_run=dry_run, plan_file=plan, resume=resume, json_file=json
    )


@task(name="gate", help={**JSON_OBJECT})
def ci_gate(c: Context, json: bool = False) -> None:
    """Say whether every job that a workflow needs succeeded."""
    commands.ci_gate(as_json=json)


@task(
    help={
        "slug": "its name in addresses, such as team-notes",
        "name": "its name for people",
        "kind": "product, client, internal or platform",
        **JSON_OBJECT,
    }
)
def new_app(c: Context, slug: str, name: str, kind: str = "internal", json: bool = False) -> None:
    """Make a new app of the hub from the template, and smoke it."""
    said = ["--json"] if json else []
    commands.hub(ROOT, ["new-app", "--slug", slug, "--name", name, "--kind", kind, *said])


@task(
    help={
        "port": "the port; 0 lets the system choose",
        "app": "this app alone, on the ports of its manifest",
    }
)
def up(c: Context, port: int = 8000, app: str = "") -> None:
    """Run portal, apps and Ensemble on this machine, until Ctrl-C."""
    where = ["--app", app] if app else ["--port", str(port)]
    commands.hub(ROOT, ["serve", "--up", *where])


@task(name="check", help={**JSON_OBJECT})
def hub_check(c: Context, json: bool = False) -> None:
    """Check the manifest of every app."""
    commands.hub(ROOT, ["check", *(["--json"] if json else [])])


@task(
    name="traefik",
    help={
        "public_url": "the portal's address in browsers",
        "host": "where portal and apps listen",
        "json": "print it as one JSON object, not as YAML",
    },
)
def hub_traefik(
    c: Context, public_url: str = "http://localhost", host: str = "127.0.0.1", json: bool = False
) -> None:
    """Print a Traefik configuration that sends each host name to its app."""
    said = ["--json"] if json else []
    commands.hub(ROOT, ["traefik", "--public-url", public_url, "--host", host, *said])


@task(
    help={
        "project": "the project's folder, or its requirements file",
        "baseline": "a file of name==version pins that was green, or a uv.lock",
        "command": "run in a copy of the project: exit 0 green, all else red",
        "python": "a version or an interpreter",
        "as_of": "search up to what was newest then: a date, or RFC 3339",
        "resolution": "of the newest side: highest, lowest or lowest-direct",
        "prerelease": "packages of which pre-releases are taken, with commas; * for all",
        "group": "dependency groups to take, with commas",
        "flake_rate": "how often the command fails where all is well; 0 for never",
        "jobs": "environments at once",
        "timeout": "seconds for one run of the command",
        "only_groups": "take the named groups and nothing else that the project requires",
        "lift": "leave out the constraints that drift wrote into pyproject.toml",
        "fresh": "believe nothing that earlier searches saw",
        "only": "search nothing: try the baseline with these packages at their newest",
        "pins": "search nothing: try the newest with these constraints",
        "as_pinned": "search nothing: try the baseline as it is pinned",
        "build_pins": "search nothing: try the pinned baseline with these constraints on build requirements",
        **JSON_FILE,
    }
)
def find_offending_upgrade(  # noqa: PLR0913, PLR0917 - these are its options
    c: Context,
    project: str = "",
    baseline: str = "",
    command: str = "",
    python: str = "",
    as_of: str = "",
    resolution: str = "",
    prerelease: str = "",
    group: str = "",
    flake_rate: str = "",
    jobs: int = 1,
    timeout: str = "",
    only_groups: bool = False,
    lift: bool = False,
    fresh: bool = False,
    only: str = "",
    pins: str = "",
    as_pinned: bool = False,
    build_pins: str = "",
    json: str = "",
) -> None:
    """Name the upgrades that broke a command, of this or any project."""
    commands.find_offending_upgrade(
        baseline=baseline,
        command=command,
        options={
            "project": project,
            "python": python,
            "as-of": as_of,
            "resolution": resolution,
            "flake-rate": flake_rate,
            "jobs": jobs,
            "timeout": timeout,
            "only": only,
            "pins": pins,
            "build-pins": build_pins,
            "json": json,
        },
        lists={"prerelease": prerelease, "group": group},
        flags={
            "fresh": fresh,
            "only-groups": only_groups,
            "lift": lift,
            "as-pinned": as_pinned,
        },
    )


@task(help={**JSON_OBJECT})
def wheel(c: Context, json: bool = False) -> None:
    """Build the engine as a package, into dist/."""
    commands.wheel(ROOT, as_json=json)


@task(name="history", help={**JSON_LIST})
def drift_history(c: Context, json: bool = False) -> None:
    """List what moved and what was red, run by run."""
    commands.drift_history(ROOT, as_json=json)


@task(
    help={
        "upgrade": "move everything to the newest that is allowed",
        "only": "one lock",
        "as_of": "set everything to what was newest then: a date, or RFC 3339",
        "dry_run": "write nothing",
        **JSON_OBJECT,
    }
)
def lock(  # noqa: PLR0913, PLR0917 - these are its options
    c: Context,
    upgrade: bool = False,
    only: str = "",
    as_of: str = "",
    dry_run: bool = False,
    json: bool = False,
) -> None:
    """Compile requirements/*.txt from the groups of pyproject.toml."""
    commands.lock(ROOT, upgrade=upgrade, only=only, as_of=as_of, dry_run=dry_run, as_json=json)


@task(help={"transcript": "smoke, too, and show what that prints", **JSON_OBJECT})
def docs(c: Context, transcript: bool = False, json: bool = False) -> None:
    """Make the generated parts of the documents anew."""
    commands.docs(ROOT, transcript=transcript, as_json=json)


namespace = Collection(
    run,
    filter,
    explain,
    prove,
    rows,
    describe,
    find_offending_commit,
    find_offending_upgrade,
    install_browsers,
    report,
    new_app,
    up,
    revert_and_resmoke,
    rollback,
    wheel,
    lock,
    docs,
    verify_evidence,
    Collection("ci", ci_drift, ci_gate, ci_plan, ci_publish_drift),
    Collection("drift", drift_history),
    Collection("gate", gate_open, gate_close, gate_status),
    Collection("hub", hub_check, hub_traefik),
)
