"""The settings page and its plans."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashgen.errors import SlotLimit
from dashgen.pages.settings import render_settings_page
from dashgen.slots import upsell_body

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashgen.pages.layout import Page
    from tests.dashgen.pages.conftest import Parsed


def test_the_plans_say_what_the_refusal_says(parse: Callable[[Page], Parsed]) -> None:
    body = upsell_body(SlotLimit("free", 3, 3))
    upsell = body["upsell"]
    assert isinstance(upsell, dict)
    billing = parse(render_settings_page()).by_id("billing")

    text = " ".join("".join(billing.itertext()).split())

    assert "/settings.html#billing" == upsell["url"]
    assert f"${upsell['price_usd_month']} a month" in text
    assert f"{body['limit']} published canvases" in text
