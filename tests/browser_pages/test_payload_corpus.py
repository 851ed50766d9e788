"""Over a thousand published payloads in Chromium, with the policy and without: none of them runs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from dashgen.canvas_schema import Visibility
from dashgen.slots import Tier
from tests.corpus import chunks, payloads
from tests.integration import hostile, page_facts
from tests.integration.pages import READY, page_of, remember_maker, remember_operator

if TYPE_CHECKING:
    from dashgen.canvas_schema import Canvas
    from tests.integration.browser import Visit, Visits
    from tests.integration.conftest import Owner

COUNT = 1_200
ON_A_CANVAS = 120


@pytest.mark.parametrize("has_policy", [True, False], ids=["guarded", "unguarded"])
def test_no_payload_runs_anywhere(owner: Owner, visits: Visits, *, has_policy: bool) -> None:
    texts = payloads(COUNT)
    canvases = [hang(owner, slot, part) for slot, part in enumerate(chunks(texts, ON_A_CANVAS))]
    projects = owner.client.server.roots.orch / "projects"
    projects.mkdir(exist_ok=True)
    for number, part in enumerate(chunks(texts, 3)):
        record = {"slug": f"p{number}", "name": part[0], "current_task": part[-1], "active": True}
        (projects / f"p{number}.json").write_text(json.dumps(record), encoding="utf-8")

    visit = visits.begin("visitor", bypass_csp=not has_policy)
    for canvas in canvases:
        look(visit, page_of(canvas), "#canvas-title")
        assert [] == page_facts.odd_note_elements(visit.page)
        assert canvas.room_state == page_facts.boot_room(visit.page)
    look(visit, "/index.html?filter=newest", "[data-testid=card]")

    maker = visits.begin("maker", bypass_csp=not has_policy)
    remember_maker(maker, owner)
    look(maker, "/studio.html", "[data-testid=canvas-row]")
    draft = owner.seed_unchecked(texts[0], *hostile.components(tuple(texts[:ON_A_CANVAS])))
    look(maker, f"/studio.html#{draft.id}", "#stage [data-testid=piece]")

    operator = visits.begin("operator", bypass_csp=not has_policy)
    remember_operator(operator)
    look(operator, "/dashboard.html", "#gate-state")
    for file in projects.glob("p*.json"):
        file.unlink()


def hang(owner: Owner, slot: int, texts: tuple[str, ...]) -> Canvas:
    """Publish a canvas that holds every one of these texts in every field of its parts."""
    canvas = owner.seed_unchecked(
        texts[0], *hostile.components(texts), description=texts[1], theme=texts[2]
    )
    return owner.store.publish(
        canvas.id,
        owner.id,
        slot_index=slot,
        visibility=Visibility.public,
        tier=Tier.pro,
        now=canvas.created_at,
    )


def look(visit: Visit, path: str, shows: str) -> None:
    """Go to a page; nothing has run, nothing was asked of anybody else, no address leads astray."""
    visit.page.goto("about:blank")  # an address that differs by its last part loads nothing anew
    visit.page.goto(path, wait_until=READY)
    visit.page.locator(shows).first.wait_for()
    assert [] == [*visit.dialogs, *visit.violations, *visit.outside], path
    assert [] == page_facts.bad_addresses(visit.page), path
