"""What the rows of the smoke need of one another: each step with the row that judges it.

A test that only needs such a step takes it under its name here, so that a red run begins with the row that is
to blame; see `runbook.preconditions`.
"""

from __future__ import annotations

from runbook.preconditions import precondition

SERVER_STARTS = precondition("the server starts")
CHROMIUM_GOES_ON = precondition("Chromium goes on until the tests have ended")
SERVER_ANSWERS = precondition("the server answers")
PAIRING_HOLDS = precondition(
    "a pairing token lets its creator in", row="test_visitor_cannot_publish"
)
PAIRING_ENDS = precondition(
    "a pairing token that is over lets nobody in", row="test_visitor_cannot_publish"
)
WITHOUT_TOKEN_IS_401 = precondition(
    "whoever has no token is refused with 401", row="test_visitor_cannot_publish"
)
OPERATOR_IS_LET_IN = precondition("the dashboard token lets its operator in")
CAN_PUBLISH = precondition("a creator can publish", row="test_publish_to_slot_zero_appears_in_grid")
PRO_HAS_NO_LIMIT = precondition(
    "whoever pays has every slot",
    row="test_free_tier_fourth_slot_returns_402_with_contract_shape",
)
SLOTS_ARE_LIMITED = precondition(
    "what would go beyond the tier is refused",
    row="test_free_tier_fourth_slot_returns_402_with_contract_shape",
)
CAN_TAKE_BACK = precondition(
    "what is published can be taken back", row="test_unpublish_removes_canvas_from_grid"
)
VISITOR_IS_NOBODY = precondition(
    "whoever has no token is no creator", row="test_visitor_cannot_publish"
)
OWNER_IS_ASKED_FOR = precondition(
    "nobody publishes what others made", row="test_visitor_cannot_publish"
)
DRAFT_IS_MADE = precondition(
    "a draft is made of what is sent", row="test_signup_seeds_procedural_canvas"
)
GRID_ANSWERS = precondition(
    "the grid shows what is published", row="test_publish_to_slot_zero_appears_in_grid"
)
CANVAS_IS_ROUTED = precondition(
    "the address of a canvas is in the route table",
    row="test_canvas_detail_endpoint_serves_public_canvas",
)
CANVAS_IS_READABLE = precondition(
    "a public canvas can be read by its address",
    row="test_canvas_detail_endpoint_serves_public_canvas",
)
NEIGHBOURS_STAY = precondition(
    "what is published into one slot leaves the others as they are",
    row="test_swap_slot_zero_demotes_old_canvas_to_draft",
)
UNSEEN_IS_MISSING = precondition(
    "what nobody may see is as missing as what was never there",
    row="test_visitor_cannot_see_private_canvas",
)
CANVAS_PAGE_IS_MADE = precondition(
    "the page of a canvas is made",
    row="test_text_component_with_script_tag_is_escaped_in_static_render",
)
FRONT_PAGE_IS_SERVED = precondition(
    "the front page is served", row="test_index_html_contains_cookie_banner"
)
LEGAL_PAGES_ARE_SERVED = precondition(
    "the legal pages are served", row="test_legal_terms_page_renders"
)
DRAWN_IS_SEEN = precondition(
    "what stands on a page can be seen", row="test_person_signs_up_and_publishes"
)
SCRIPTS_RUN = precondition(
    "the scripts of the pages run without an error", row="test_banner_and_terms_are_remembered"
)
FORM_ANSWERS = precondition(
    "the form of the first run answers", row="test_person_signs_up_and_publishes"
)
