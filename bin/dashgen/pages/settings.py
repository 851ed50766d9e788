"""What this browser remembers, and the plans."""

from __future__ import annotations

from typing import Final

from dashgen.pages.layout import Page, render
from dashgen.slots import FREE_LIMIT, PRO_PRICE_USD_MONTH

_PRO_USD_A_YEAR: Final = 108


def render_settings_page() -> Page:
    """Render the settings; the plans stand at `#billing`, where a full grid of slots leads."""
    return render(
        "settings.html",
        free_limit=FREE_LIMIT,
        usd_a_month=PRO_PRICE_USD_MONTH,
        usd_a_year=_PRO_USD_A_YEAR,
    )
