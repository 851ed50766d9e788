"""The dialog that meets a new maker: three questions, a name, and the terms."""

from __future__ import annotations

from typing import Final, NamedTuple


class Choice(NamedTuple):
    """One chip of a single-choice group: what is sent and what is read."""

    value: str
    label: str


class FirstRunDialog(NamedTuple):
    """What `partials/first_run.html` shows and what `assets/first-run.js` finds it by."""

    dialog_id: str
    terms_check_id: str
    terms_url: str
    privacy_url: str
    vibes: tuple[Choice, ...]
    color_schemes: tuple[Choice, ...]
    answer_limit: int
    handle_limit: int


FIRST_RUN_DIALOG: Final = FirstRunDialog(
    dialog_id="first-run",
    terms_check_id="first-run-tos-check",
    terms_url="/legal/terms.html",
    privacy_url="/legal/privacy.html",
    vibes=(
        Choice("cozy", "Cozy"),
        Choice("studio", "Studio"),
        Choice("shop", "Shop"),
        Choice("lounge", "Lounge"),
        Choice("arcade", "Arcade"),
    ),
    color_schemes=(
        Choice("warm", "Warm"),
        Choice("cool", "Cool"),
        Choice("forest", "Forest"),
        Choice("midnight", "Midnight"),
        Choice("amber", "Amber"),
        Choice("aurora", "Aurora"),
    ),
    answer_limit=280,
    handle_limit=32,
)
