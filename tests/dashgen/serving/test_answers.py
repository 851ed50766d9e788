"""The shapes of answers, without a server."""

from __future__ import annotations

from dashgen.errors import NotFound, SlotLimit, Unauthorised
from dashgen.pages.layout import Page
from dashgen.serving.answers import (
    JSON_POLICY,
    Refusal,
    error_body,
    error_headers,
    json_answer,
    no_content,
    page_answer,
)


def test_json_is_private_and_inert() -> None:
    answer = json_answer({"a": "\u2028<"}, 201, {"x-more": "1"})
    assert 201 == answer.status_code
    assert '{"a":"\u2028<"}' == bytes(answer.body).decode()
    assert "application/json" == answer.headers["content-type"]
    assert JSON_POLICY == answer.headers["content-security-policy"]
    assert "no-store" == answer.headers["cache-control"]
    assert "1" == answer.headers["x-more"]


def test_nothing_has_no_body_and_no_type() -> None:
    answer = no_content()
    assert (204, b"") == (answer.status_code, answer.body)
    assert "content-type" not in answer.headers


def test_a_page_brings_its_own_policy() -> None:
    answer = page_answer(Page(html="<p>\u00e9", content_security_policy="default-src 'self'"), 404)
    assert 404 == answer.status_code
    assert "default-src 'self'" == answer.headers["content-security-policy"]
    assert "text/html; charset=utf-8" == answer.headers["content-type"]
    assert bytes(answer.body) == "<p>\u00e9".encode()


def test_a_refusal_may_have_headers_and_fields() -> None:
    error = Refusal(429, "rate_limited", "Wait.", headers={"retry-after": "3"}, more=1)
    assert {"error": "rate_limited", "message": "Wait.", "more": 1} == error_body(error)
    assert {"retry-after": "3"} == error_headers(error)


def test_only_a_401_is_a_challenge() -> None:
    assert {"www-authenticate": "Bearer"} == error_headers(Unauthorised())
    assert {} == error_headers(NotFound())


def test_a_slot_limit_says_what_would_lift_it() -> None:
    body = error_body(SlotLimit("free", 3, 3))
    assert "slot_limit" == body["error"]
    assert {"plan": "pro", "price_usd_month": 12, "url": "/settings.html#billing"} == body["upsell"]
