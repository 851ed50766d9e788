"""The pairing page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashgen.pages.pair import render_pair_page

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashgen.pages.layout import Page
    from tests.dashgen.pages.conftest import Parsed


def test_tokens_are_never_shown_kept_or_put_into_an_address(
    parse: Callable[[Page], Parsed],
) -> None:
    parsed = parse(render_pair_page())

    for name in ("pairing-token", "dashboard-token"):
        assert "password" == parsed.by_id(name).get("type")
        assert "off" == parsed.by_id(name).get("autocomplete")
    # Without its script a form would be sent by the browser itself: then not in the address.
    assert [
        "post",
        "post",
    ] == [form.get("method") for form in parsed.all("form") if form.get("id") != "first-run-form"]


def test_without_its_script_no_form_is_offered(parse: Callable[[Page], Parsed]) -> None:
    parsed = parse(render_pair_page())

    assert "" == parsed.by_id("pair-forms").get("hidden")
    (said,) = parsed.all("noscript")
    assert "Pairing needs JavaScript." in parsed.text(said)
