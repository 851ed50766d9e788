#!/usr/bin/env -S uv run --script
# /// script
# requires-python = ">=3.11"
# dependencies = ["nox>=2026.10.20", "uv>=0.13,<0.14"]
# ///
"""The environments: one session each, filled by uv from a lock in requirements/.

``bin/nox`` runs what must be green before pushing; ``bin/nox -l`` lists the rest. Procedures are in tasks.py.
"""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import nox

if TYPE_CHECKING:
    from collections.abc import Sequence

nox.needs_version = ">=2026.10.20"
nox.options.default_venv_backend = "uv"
nox.options.reuse_venv = "yes"
nox.options.error_on_external_run = True
nox.options.error_on_missing_interpreters = True

ROOT = Path(__file__).parent.resolve()
# The profile that Hypothesis itself takes in CI: a red there is red here, and no example is judged by its time.
HYPOTHESIS = ["-p", "_hypothesis_pytestplugin", "--hypothesis-profile=ci"]
# Tests of one module stay together: they share what their fixtures start.
PARALLEL = ["-p", "xdist", "-n", "logical", "--dist", "loadfile"]
PYTHONS = ["3.11", "3.12", "3.13"]
SOURCES = ["bin", "tests", "benchmarks", "noxfile.py", "tasks.py"]
# What a scan uses of another session's.
SCAN_LOCKS = {"pages": "fast", "axe": "browser", "workflows": "workflows"}
SCAN_TESTS = {"axe": "tests/browser_pages/test_pages.py::test_page_is_for_everybody"}


@nox.session(name="fast", tags=["ci"])
def fast(session: nox.Session) -> None:
    """Smoke a real Ensemble server in seconds; and what goes with it, unless a green run proves that."""
    smoke(session, tier="fast", lock="fast", options=["--companions-by", sys.executable])


@nox.session(name="fast-on", python=PYTHONS, tags=["pythons"], default=False)
def fast_on(session: nox.Session) -> None:
    """Smoke Ensemble on every Python that is supported."""
    smoke(session, tier="fast", lock="fast")


@nox.session(name="fast-stores", tags=["stores"], default=False)
@nox.parametrize("store", ["files", "sqlite", "postgresql"], ids=["files", "sqlite", "postgresql"])
def fast_stores(session: nox.Session, store: str) -> None:
    """Smoke Ensemble on each of its stores; PostgreSQL is a real server, made for the run."""
    around = ["python", "-m", "tests.postgresql"] if store == "postgresql" else []
    session.env["ENSEMBLE_SMOKE_STORE"] = store
    smoke(session, tier="fast", lock="stores", around=around)


@nox.session(name="payloads", tags=["ci"])
def payloads(session: nox.Session) -> None:
    """Hold pages and cards against a thousand published payloads, as a browser's parser reads them."""
    smoke(session, tier="payloads", lock="payloads")


@nox.session(name="chaos", tags=["stores"], default=False)
def chaos(session: nox.Session) -> None:
    """Break things under Ensemble: kill -9, full disks, races, damaged files, clocks (Linux alone)."""
    sync(session, "stores")
    run_tests(session, "tests/chaos")


@nox.session(name="scan", tags=["scan"], default=False)
@nox.parametrize(
    "what",
    ["contract", "attack", "pages", "axe", "workflows", "dependencies"],
    ids=["contract", "attack", "pages", "axe", "workflows", "dependencies"],
)
def scan(session: nox.Session, what: str) -> None:
    """Scan Ensemble as it runs (schemathesis, wapiti, html-validate, axe), its workflows and its locks."""
    sync(session, SCAN_LOCKS.get(what, f"scan-{what}"))
    if what == "dependencies":
        session.run("python", "-m", "tests.scan.audit", *session.posargs)
    elif what == "workflows":
        run_checks(session, *workflow_linters())
    else:
        run_tests(session, SCAN_TESTS.get(what, f"tests/scan/test_{what}.py"))


@nox.session(name="browser", tags=["browser"], default=False)
def browser(session: nox.Session) -> None:
    """Smoke Ensemble's pages in a real Chromium, one launch."""
    smoke(session, tier="browser", lock="browser")


@nox.session(name="pages", tags=["browser"], default=False)
def pages(session: nox.Session) -> None:
    """Hold every page against axe, picture it at three widths, and test the browser tier itself."""
    sync(session, "browser")
    session.env["RUNBOOK_EVIDENCE"] = str(ROOT / ".runbook" / "pages")
    run_tests(session, "tests/browser_pages")


@nox.session(name="playwright", tags=["tools"], default=False)
def playwright(session: nox.Session) -> None:
    """Run Playwright's own command line, for `invoke install-browsers`."""
    sync(session, "browser")
    session.run("playwright", *session.posargs)


@nox.session(name="legal-render", tags=["ci"])
@nox.parametrize("lock", ["legal-render", "legal-render-oldest"], ids=["locked", "oldest"])
def legal_render(session: nox.Session, lock: str) -> None:
    """Render the legal pages with nothing installed but the renderer, locked and oldest."""
    smoke(session, tier="legal-render", lock=lock)


@nox.session(name="faults", tags=["faults"], default=False)
def faults(session: nox.Session) -> None:
    """Prove every row: inject its faults into scratch trees, and see it turn red, and first."""
    sync(session, "hub-browser")  # what every tier needs
    session.run("python", "-m", "runbook.prove", *session.posargs, stderr=None)


@nox.session(name="extreme", tags=["slow"], default=False)
def extreme(session: nox.Session) -> None:
    """Empty every function that a request can reach, one at a time; minutes, and goes on where it was ended."""
    sync(session, "fast")
    reached = ".runbook/reached.txt"
    session.run("python", "-m", "tests.reach.crawl", reached, stderr=None)
    command = ["python", "-m", "runbook.prove.extreme", "--sources", "bin/dashgen", "--reached"]
    session.run(*command, reached, *session.posargs, stderr=None)


@nox.session(name="engine", tags=["ci"])
def engine(session: nox.Session) -> None:
    """Test the engine: bin/runbook, the launchers, the sessions and the tasks."""
    sync(session, "engine")
    run_tests(session, *PARALLEL, "tests/runbook", always=HYPOTHESIS)


@nox.session(name="cluster", tags=["ci"])
def cluster(session: nox.Session) -> None:
    """Search on a real Dask scheduler with two workers, one of which is killed on the way."""
    sync(session, "cluster")
    run_tests(session, "tests/cluster")


@nox.session(name="app", tags=["ci"])
def app(session: nox.Session) -> None:
    """Test Ensemble: bin/dashgen and its contract, against a running server."""
    sync(session, "app")
    run_tests(session, *PARALLEL, "tests/dashgen", always=HYPOTHESIS)


@nox.session(name="hub", tags=["ci"])
def hub(session: nox.Session) -> None:
    """Test the hub: bin/hub, its template and bin/smoke-test.sh."""
    sync(session, "hub")
    run_tests(session, "tests/hub/program", always=HYPOTHESIS)


@nox.session(name="hub-smoke", tags=["ci"])
def hub_smoke(session: nox.Session) -> None:
    """Smoke every app of the hub: five checks and more an app, one boot."""
    smoke(session, tier="hub", lock="hub")


@nox.session(name="hub-browser", tags=["browser"], default=False)
def hub_browser(session: nox.Session) -> None:
    """Open every app of the hub through its tile in a real Chromium."""
    smoke(session, tier="hub-browser", lock="hub-browser")


@nox.session(name="hub-pages", tags=["browser"], default=False)
def hub_pages(session: nox.Session) -> None:
    """Hold the hub's pages against axe, picture them, and break apps as only a browser can see."""
    sync(session, "hub-browser")
    run_tests(session, "tests/hub/browser_pages")


@nox.session(name="hub-command", tags=["tools"], default=False)
def hub_command(session: nox.Session) -> None:
    """Run the hub's own command line, for `invoke up`, `new-app` and `hub.traefik`."""
    sync(session, "hub")
    session.run("python", "-m", "hub", *session.posargs, stderr=None, interrupt_timeout=10)


@nox.session(name="panel", tags=["tools"], default=False)
def panel(session: nox.Session) -> None:
    """Serve Ensemble on this machine, until Ctrl-C: `bin/nox -s panel -- --port 8080`."""
    sync(session, "panel")
    session.run(
        "python", "bin/control-panel-server.py", *session.posargs, stderr=None, interrupt_timeout=10
    )


@nox.session(name="wheel", python=PYTHONS, tags=["package"], default=False)
def wheel(session: nox.Session) -> None:
    """Build the engine, install it beside pytest alone on every Python, and follow its guide to the letter."""
    sync(session, "engine")
    run_tests(session, "tests/wheel")


@nox.session(name="drift", venv_backend="none", tags=["weekly"], default=False)
def drift(session: nox.Session) -> None:
    """Smoke on floating dependencies, and name the upgrade to blame where that is red."""
    environment = {"PYTHONPATH": str(ROOT / "bin")}
    command = [sys.executable, "-m", "runbook.upgrades.drift", *session.posargs]
    # Whoever interrupts it waits until it has removed what it made.
    session.run(*command, env=environment, external=True, stderr=None, interrupt_timeout=60)


@nox.session(name="lint", tags=["ci"])
def lint(session: nox.Session) -> None:
    """Check style, the directions of imports, and that nothing derived is stale."""
    sync(session, "lint")
    run_checks(
        session,
        ["ruff", "check", *SOURCES],
        ["ruff", "format", "--check", *SOURCES],
        ["lint-imports", "--no-cache", "--no-logo"],
        ["python", "-m", "runbook.checks"],
    )


@nox.session(name="workflows", tags=["ci"])
def workflows(session: nox.Session) -> None:
    """Hold the workflows of GitHub against two linters and against their promises."""
    sync(session, "workflows")
    tests = ["pytest", "--quiet", "--tb=line", *(session.posargs or ["tests/workflows"])]
    run_checks(session, *workflow_linters(), tests)


@nox.session(name="workflows-run", tags=["slow"], default=False)
def workflows_run(session: nox.Session) -> None:
    """Carry out every step of the workflows in fresh clones, with the files that a runner gives."""
    sync(session, "workflows")
    run_tests(session, "tests/workflows_run")


@nox.session(name="documents", tags=["slow"], default=False)
def documents(session: nox.Session) -> None:
    """Type every command that README, AGENTS.md and the runbook show, in a fresh clone; minutes."""
    sync(session, "engine")
    run_tests(session, "tests/documents")


@nox.session(name="types", tags=["ci"])
def types(session: nox.Session) -> None:
    """Check types, strictly, tests and sessions included."""
    sync(session, "types")
    run_checks(session, ["mypy", "--cache-dir", ".runbook/mypy-cache", *session.posargs])


def smoke(
    session: nox.Session,
    *,
    tier: str,
    lock: str,
    options: Sequence[str] = (),
    around: Sequence[str] = (),
) -> None:
    """Run one tier through the engine, which judges it; perhaps inside another command."""
    sync(session, lock)
    command = ["python", "-m", "runbook.smoke", "--tier", tier, *options, *session.posargs]
    session.run(*around, *command, stderr=None)  # Nox would put narration among the results


def run_tests(session: nox.Session, *default: str, always: Sequence[str] = ()) -> None:
    """Test a program; what follows ``--`` is added, and in the place of the default where it names a file or folder."""
    # Before xdist, which works with the reporter that the plugin puts there.
    brief = ["-p", "brief_tests", "--brief", session.name]
    names_some = any((ROOT / each.partition("::")[0]).exists() for each in session.posargs)
    session.run("pytest", *brief, *always, *(() if names_some else default), *session.posargs)


def run_checks(session: nox.Session, *commands: Sequence[str]) -> None:
    """Run every check of a session, whatever the one before it found."""
    typed = [shlex.join(command) for command in commands]
    session.run("python", "-m", "runbook.sessions.brief_checks", session.name, *typed)


def workflow_linters() -> list[list[str]]:
    """What holds the workflows of GitHub against their rules."""
    files = sorted(str(file) for file in (ROOT / ".github" / "workflows").glob("*.yml"))
    return [
        ["actionlint", "-shellcheck=", "-pyflakes=", *files],
        ["zizmor", "--offline", "--quiet", "--pedantic", *files],
    ]


def sync(session: nox.Session, lock: str) -> None:
    """Make the session's environment hold exactly what the lock names: cheap when it does."""
    file = ROOT / "requirements" / f"{lock}.txt"
    stamp = Path(session.virtualenv.location) / "installed-lock.txt"
    is_fresh = stamp.is_file() and stamp.read_bytes() == file.read_bytes()
    # Compiling looks at every file of the environment, needed or not.
    compile_once = [] if is_fresh else ["--compile-bytecode"]
    # Whoever moves a checkout moves its environments, whose programs name the folder that they were made in.
    place = stamp.with_name("installed-at.txt")
    has_moved = place.is_file() and place.read_text(encoding="utf-8") != str(place)
    again = ["--reinstall"] if has_moved else []
    options = ["--quiet", "--require-hashes", *compile_once, *again]
    # Where this is killed on the way the environment is nobody's, and the next call fills it again.
    if not is_fresh or has_moved:
        stamp.unlink(missing_ok=True)
        place.write_text("nowhere yet", encoding="utf-8")
    session.run_install("uv", "pip", "sync", *options, str(file), silent=True)
    shutil.copyfile(file, stamp)  # bin/run_e2e_smoke.sh knows the environment by this
    place.write_text(str(place), encoding="utf-8")
    session.env["PYTHONPATH"] = str(ROOT / "bin")


if __name__ == "__main__":
    nox.main()
