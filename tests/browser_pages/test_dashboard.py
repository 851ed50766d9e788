"""What an operator does on the dashboard, from pairing to leaving nothing behind."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from tests.integration import line, page_facts
from tests.integration.hands import press, write
from tests.integration.page_facts import appears, disappears, seen, state_of
from tests.integration.pages import READY, open_page, remember_visit
from tests.integration.server_process import DASHBOARD_TOKEN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

    from tests.integration.browser import Visits
    from tests.integration.server_process import ServerProcess


INCIDENT_FACTS = (".incident-rows", ".incident-culprit", ".incident-next")
TOKEN_FIELDS = "[...document.querySelectorAll('[name=token]')].map((field) => field.type)"


@dataclass(frozen=True, slots=True)
class Operated:
    """What an operator finds on the dashboard: a project whose smoke is asked for, and an incident."""

    project: str = "lighthouse"
    incident: str = "inc-lamp"
    culprit: str = "0123456789"
    next_step: str = "git log -1"
    opened: float = field(default_factory=time.time)


@pytest.fixture
def operated(server: ServerProcess) -> Iterator[Operated]:
    """A project and an incident, gone again when the test has ended."""
    made = Operated()
    project = {"slug": made.project, "pending_smoke_test": True}
    incident = {"schema": "incident/1", "id": made.incident, "opened": made.opened}
    incident |= {"severity": "high", "status": "open", "rows": [{"test": "test_lamp"}]}
    incident |= {"culprit": {"sha": made.culprit}, "next": [made.next_step]}
    files = {
        server.roots.orch / "projects" / f"{made.project}.json": project,
        server.roots.incidents / f"{made.incident}.json": incident,
    }
    for file, record in files.items():
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps(record), encoding="utf-8")
    yield made
    for file in files:
        file.unlink()


def test_an_operator_pairs_records_a_smoke_and_is_forgotten(
    operated: Operated, visits: Visits
) -> None:
    operator = visits.begin("operator")
    remember_visit(operator)
    pair_as_operator(operator.page)
    record_smoke(operator.page, operated)
    forget_operator(operator.page)
    assert [] == operator.trouble


def pair_as_operator(page: Page) -> None:
    """Give the dashboard token where it belongs; nobody's link leads to another host then."""
    open_page(page, "/pair.html?next=//other.example/")
    assert ["password"] * 2 == page.evaluate(TOKEN_FIELDS)
    write(page, "#dashboard-token", "of somebody else")
    line.answers_once(page, "/verify-token", 401, {"error": "unauthorised"})
    press(page, "#operator-form [type=submit]")
    assert appears(page, "#operator-form [role=alert]", "not valid")
    write(page, "#pairing-token", DASHBOARD_TOKEN)
    press(page, "#pair-form [type=submit]")
    assert appears(page, "#pair-form [role=alert]", "a dashboard token")
    write(page, "#dashboard-token", f" {DASHBOARD_TOKEN} ")  # as it comes from a terminal
    press(page, "#operator-form [type=submit]")
    page.wait_for_url("**/dashboard.html", wait_until=READY)


def record_smoke(page: Page, operated: Operated) -> None:
    """Say how a smoke went; the project says so from then on, and still waits."""
    assert appears(page, "#smoke-banners", operated.project)
    gate, good, incidents = page_facts.sights(
        page, "#gate-state", "#gate .badge-good", "#incidents .incident-id"
    )
    assert ["Open"] == gate.seen == good.seen
    assert [operated.incident] == incidents.seen
    opened = datetime.fromtimestamp(operated.opened).astimezone()
    assert [f"{opened.day} {opened:%B at %H:%M}"] == seen(page, "#incidents .incident-opened")
    rows, culprit, next_step = page_facts.sights(page, *INCIDENT_FACTS)
    assert (["test_lamp"], [operated.next_step]) == (rows.seen, next_step.seen)
    assert [operated.culprit] == culprit.seen
    assert ["0 % done"] == seen(page, ".project-detail")
    write(page, ".smoke-notes", "The lamp stays dark")
    press(page, "#smoke-banners button", words="Fail")
    assert appears(page, "#projects .badge-bad", "Smoke failed")
    assert ["The lamp stays dark"] == seen(page, ".project-smoke-notes")
    assert 1 == len(seen(page, "#smoke-banners .smoke-banner"))
    assert "dashboard-retry" == page_facts.focused(
        page
    )  # what was pressed is another button by now


def test_a_dashboard_that_did_not_load_can_be_asked_again(visits: Visits) -> None:
    somebody = visits.begin("somebody")
    remember_visit(somebody)
    page = somebody.page
    page.route("**/state", lambda route: route.abort(), times=1)
    open_page(page, "/dashboard.html")
    assert appears(page, "#dashboard-status", "No connection")
    press(page, "#dashboard-retry")
    assert appears(page, "#figures")


def test_a_project_says_how_it_is(visits: Visits) -> None:
    """One that smoked yesterday, with issues, and does not know how far it is."""
    somebody = visits.begin("somebody")
    remember_visit(somebody)
    page, now = somebody.page, 1_767_603_600
    smoke = {"result": "issues", "at": now - 86_400, "notes": ""}
    project = {"slug": "lighthouse", "smoke": smoke, "last_heartbeat": now - 7_200}
    other = {"slug": "harbour", "active": True, "needs_attention": True}
    state = {"at": now, "active_count": 1, "projects": [project, other]}
    page.route("**/state", lambda route: route.fulfill(json=state))
    open_page(page, "/dashboard.html")
    assert appears(page, "#projects", "lighthouse")
    result, told, detail, bar = page_facts.sights(
        page, ".project-smoke .badge-bad", ".project-smoke-at", ".project-detail", ".project .bar"
    )
    assert (["Smoke incomplete"], ["1 day ago"]) == (result.seen, told.seen)
    assert (["seen 2 hours ago"], []) == (detail.seen, bar.seen)
    badges = [seen(page, f".project:nth-child({n}) .project-badges > *") for n in (1, 2)]
    assert [["unknown"], ["unknown", "Active", "Needs attention"]] == badges
    assert [] == somebody.trouble


def test_notes_of_one_project_stay_while_another_is_answered(visits: Visits) -> None:
    somebody = visits.begin("somebody")
    remember_visit(somebody)
    page = somebody.page
    projects = [{"slug": slug, "pending_smoke_test": True} for slug in ("lamp", "lens")]
    state = {"at": 1_767_603_600, "active_count": 0, "projects": projects}
    page.route("**/state", lambda route: route.fulfill(json=state))
    open_page(page, "/dashboard.html")
    write(page, "[data-slug=lamp] .smoke-notes", "It stays dark")
    write(page, "[data-slug=lens] .smoke-notes", "It is cracked")
    line.answers_once(page, "/smoke-test-result", 200, {})
    press(page, "[data-slug=lens] [data-result=fail]")
    assert appears(page, "#dashboard-status", "Recorded for lens")

    notes = [
        state_of(page, f"[data-slug={each}] .smoke-notes", "value") for each in ("lamp", "lens")
    ]
    assert ["It stays dark", ""] == notes


def forget_operator(page: Page) -> None:
    """Let the browser forget the token; nothing is left of it, and there was no other."""
    open_page(page, "/settings.html")
    assert appears(page, "#pairing-status", "not paired")
    assert [] == seen(page, "#token-box")
    press(page, "#forget-operator")
    assert disappears(page, "#forget-operator")
    assert page.evaluate("localStorage.getItem('DASHBOARD_TOKEN') === null")
    assert "pair-link" == page_facts.focused(page)
