"""The operator's page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashgen.pages.dashboard import render_dashboard_page

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashgen.pages.layout import Page
    from tests.dashgen.pages.conftest import Parsed


def test_a_smoke_can_pass_have_issues_or_fail(parse: Callable[[Page], Parsed]) -> None:
    parsed = parse(render_dashboard_page())
    results = [one.get("data-result") for one in parsed.all("button") if one.get("data-result")]

    assert ["pass", "issues", "fail"] == results
    assert "Smoke test required" in parsed.text(parsed.by_id("smoke-template"))


def test_the_gate_is_hidden_until_it_is_known(parse: Callable[[Page], Parsed]) -> None:
    assert "hidden" in parse(render_dashboard_page()).by_id("gate").attrib


def test_incidents_have_a_place_and_an_empty_state(parse: Callable[[Page], Parsed]) -> None:
    parsed = parse(render_dashboard_page())

    assert "hidden" in parsed.by_id("incidents-section").attrib
    assert "smoke runbook" in parsed.text(parsed.by_id("incidents-empty"))
    classes = {
        name
        for one in parsed.by_id("incident-template").iter()
        for name in (one.get("class") or "").split()
        if name.startswith("incident-")
    }
    assert classes >= {
        "incident-id", "incident-opened", "incident-rows", "incident-culprit", "incident-state",
        "incident-severity", "incident-next",
    }  # fmt: skip


def test_a_project_has_a_place_for_its_last_smoke(parse: Callable[[Page], Parsed]) -> None:
    parsed = parse(render_dashboard_page())

    classes = {
        name
        for one in parsed.by_id("project-template").iter()
        for name in (one.get("class") or "").split()
    }
    assert classes >= {"project-smoke", "project-smoke-result", "project-smoke-notes"}
