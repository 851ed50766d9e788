"""The shapes of answers, without a server."""

from __future__ import annotations

from dashgen.answers import (
    JSON_POLICY,
    Refusal,
    error_body,
    error_headers,
    json_answer,
    no_content,
    page_answer,
)
from dashgen.errors import NotFound, SlotLimit, Unauthorised
from dashgen.pages.layout import Page


def test_json_is_private_and_inert() -> None:
    answer = json_answer({"a": "\u2028<"}, 201, {"x-more": "1"})
    assert answer.status_code == 201
    assert bytes(answer.body).decode() == '{"a":"\u2028<"}'
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["content-security-policy"] == JSON_POLICY
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-more"] == "1"


def test_nothing_has_no_body_and_no_type() -> None:
    answer = no_content()
    assert (answer.status_code, answer.body) == (204, b"")
    assert "content-type" not in answer.headers


def test_a_page_brings_its_own_policy() -> None:
    answer = page_answer(Page(html="<p>\u00e9", content_security_policy="default-src 'self'"), 404)
    assert answer.status_code == 404
    assert answer.headers["content-security-policy"] == "default-src 'self'"
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert bytes(answer.body) == "<p>\u00e9".encode()


def test_a_refusal_may_have_headers_and_fields() -> None:
    error = Refusal(429, "rate_limited", "Wait.", headers={"retry-after": "3"}, more=1)
    assert error_body(error) == {"error": "rate_limited", "message": "Wait.", "more": 1}
    assert error_headers(error) == {"retry-after": "3"}


def test_only_a_401_is_a_challenge() -> None:
    assert error_headers(Unauthorised()) == {"www-authenticate": "Bearer"}
    assert error_headers(NotFound()) == {}


def test_a_slot_limit_says_what_would_lift_it() -> None:
    body = error_body(SlotLimit("free", 3, 3))
    assert body["error"] == "slot_limit"
    assert body["upsell"] == {"plan": "pro", "price_usd_month": 12, "url": "/settings.html#billing"}
