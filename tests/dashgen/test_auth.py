"""Who is let in, with which token, and from where."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from dashgen.pairing import LIFETIME_S, PairingStore

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.dashgen.conftest import Answer, ControlPanel, Creator

MINE = "/studio/canvas/mine"
FIRE = {"slug": "a", "minutes": 1, "prompt": ""}


def create_by_cookie(panel: ControlPanel, token: str, headers: dict[str, str]) -> Answer:
    cookie = {"Cookie": f"other=1; pairing_token={token}"}
    return panel.request("POST", "/studio/canvas", {"title": "x"}, headers=cookie | headers)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Basic YTpi",
        "Bearer wrong",
        "bearer\twrong",
        "Bearer a b",
        "Bearer é",
    ],
)
def test_no_or_bad_tokens_are_unauthorised(panel: ControlPanel, header: str) -> None:
    headers = {"Authorization": header.encode("latin-1").decode("latin-1")} if header else {}
    for method, path, body in (("GET", MINE, None), ("POST", "/fire", FIRE)):
        answer = panel.request(method, path, body, headers=headers)
        assert 401 == answer.status
        assert "unauthorised" == answer.json()["error"]
        assert "Bearer" == answer.headers["www-authenticate"]


def test_the_scheme_is_read_in_any_case(panel: ControlPanel, creator: Creator) -> None:
    headers = {"Authorization": f"bEARER {creator.token}"}
    assert 200 == panel.request("GET", MINE, headers=headers).status


def test_two_authorization_headers_are_none(panel: ControlPanel, creator: Creator) -> None:
    head = f"Authorization: Bearer {creator.token}\r\n".encode()
    answer = panel.raw(
        b"GET /studio/canvas/mine HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + 2 * head + b"\r\n"
    )
    assert answer.startswith(b"HTTP/1.1 401 ")


def test_neither_token_stands_in_for_the_other(panel: ControlPanel, creator: Creator) -> None:
    assert 401 == panel.get(MINE, token=panel.operator_token).status
    assert 401 == panel.post("/fire", FIRE, token=creator.token).status


def test_without_a_dashboard_token_no_operator_is_let_in(panel: ControlPanel) -> None:
    file = panel.orch / ".env.local"
    configured = file.read_text()
    file.unlink()
    try:
        assert 401 == panel.post("/fire", FIRE).status
        assert 401 == panel.post("/fire", FIRE, token=panel.operator_token).status
    finally:
        file.write_text(configured)
    assert panel.post("/fire", FIRE, token=panel.operator_token).status != 401


def test_a_pairing_that_is_dropped_in_works_at_once(panel: ControlPanel) -> None:
    store = PairingStore(panel.orch / "pairings")
    token = store.issue("usr_dropped", "dropped", time.time())
    assert 200 == panel.get(MINE, token=token).status
    store.revoke(token, time.time())
    assert 401 == panel.get(MINE, token=token).status


def test_an_expired_pairing_is_refused(panel: ControlPanel) -> None:
    store = PairingStore(panel.orch / "pairings")
    token = store.issue("usr_expired", "expired", time.time() - LIFETIME_S - 1)
    assert 401 == panel.get(MINE, token=token).status


def test_the_cookie_reads(panel: ControlPanel, creator: Creator) -> None:
    headers = {"Cookie": f"pairing_token={creator.token}"}
    assert 200 == panel.request("GET", MINE, headers=headers).status


def test_the_cookie_writes_from_our_own_pages_alone(panel: ControlPanel, creator: Creator) -> None:
    own = f"http://127.0.0.1:{panel.port}"
    assert 201 == create_by_cookie(panel, creator.token, {"Origin": own}).status
    foreign: list[dict[str, str]] = [
        {},
        {"Origin": "null"},
        {"Origin": "https://evil.example"},
        {"Origin": f"https://127.0.0.1:{panel.port}"},
        {"Origin": f"{own}.evil.example"},
        {"Origin": "http://127.0.0.1"},
        {"Referer": f"{own}/studio.html"},
        {"Origin": own, "Sec-Fetch-Site": "cross-site"},
        {"Origin": own, "Sec-Fetch-Site": "same-site"},
    ]
    for headers in foreign:
        answer = create_by_cookie(panel, creator.token, headers)
        assert 403 == answer.status, headers
        assert "cross_origin" == answer.json()["error"]
    assert 1 == len(panel.get(MINE, token=creator.token).json()["canvases"])


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_no_page_of_others_changes_or_deletes_by_the_cookie(
    panel: ControlPanel, creator: Creator, method: str
) -> None:
    path = f"/studio/canvas/{panel.draft(creator)}"
    headers = {"Cookie": f"pairing_token={creator.token}", "Origin": "https://evil.example"}
    before = panel.get(path, token=creator.token).body
    body = {"title": "changed"} if method == "PUT" else None
    assert 403 == panel.request(method, path, body, headers=headers).status
    assert before == panel.get(path, token=creator.token).body


def test_the_browser_may_say_that_the_page_is_ours(panel: ControlPanel, creator: Creator) -> None:
    said = {"Origin": f"http://127.0.0.1:{panel.port}", "Sec-Fetch-Site": "same-origin"}
    assert 201 == create_by_cookie(panel, creator.token, said).status


@pytest.mark.parametrize("between", ["; ", "\r\nCookie: "], ids=["one header", "two headers"])
def test_two_pairing_cookies_are_none(
    panel: ControlPanel, creator: Creator, other: Creator, between: str
) -> None:
    for tokens in ((creator.token, other.token), (other.token, creator.token)):
        cookies = between.join(f"pairing_token={each}" for each in tokens)
        answer = panel.raw(
            f"GET {MINE} HTTP/1.1\r\nHost: a\r\nCookie: {cookies}\r\nConnection: close\r\n\r\n".encode()
        )
        assert answer.startswith(b"HTTP/1.1 401 ")


def test_no_page_of_others_plants_the_cookie(panel: ControlPanel, creator: Creator) -> None:
    own = f"http://127.0.0.1:{panel.port}"
    for origin, is_set in ((own, True), ("https://evil.example", False), ("null", False)):
        answer = panel.request(
            "POST", "/verify-token", {"token": creator.token}, headers={"Origin": origin}
        )
        assert (200, is_set) == (answer.status, "set-cookie" in answer.headers), origin


def test_two_origins_are_none(panel: ControlPanel, creator: Creator) -> None:
    own = f"http://127.0.0.1:{panel.port}"
    for origins in ((own, "https://evil.example"), ("https://evil.example", own), (own, own)):
        lines = "".join(f"Origin: {each}\r\n" for each in origins)
        answer = panel.raw(
            f"POST /studio/canvas HTTP/1.1\r\nHost: 127.0.0.1:{panel.port}\r\n{lines}"
            f"Cookie: pairing_token={creator.token}\r\nContent-Type: application/json\r\n"
            "Content-Length: 2\r\nConnection: close\r\n\r\n{}".encode()
        )
        assert answer.startswith(b"HTTP/1.1 403 ")


def test_a_bearer_token_needs_no_origin(panel: ControlPanel, creator: Creator) -> None:
    elsewhere = {"Origin": "https://elsewhere.example"}
    for headers in (elsewhere, elsewhere | {"Cookie": f"pairing_token={creator.token}"}):
        answer = panel.request(
            "POST", "/studio/canvas", {"title": "x"}, token=creator.token, headers=headers
        )
        assert 201 == answer.status, headers


def test_a_bad_header_is_not_saved_by_a_good_cookie(panel: ControlPanel, creator: Creator) -> None:
    headers = {"Cookie": f"pairing_token={creator.token}", "Authorization": "Bearer wrong"}
    assert 401 == panel.request("GET", MINE, headers=headers).status


def test_behind_a_proxy_the_public_origin_counts(start_panel: Callable[..., ControlPanel]) -> None:
    panel = start_panel(ENSEMBLE_PUBLIC_ORIGIN="https://ensemble.example/")
    creator = panel.signup()
    public = {"Origin": "https://ensemble.example"}
    assert 201 == create_by_cookie(panel, creator.token, public).status
    direct = {"Origin": f"http://127.0.0.1:{panel.port}"}
    assert 403 == create_by_cookie(panel, creator.token, direct).status
    verified = panel.post("/verify-token", {"token": creator.token})
    assert "; Secure" in verified.headers["set-cookie"]


def test_wrong_dashboard_tokens_are_limited(start_panel: Callable[..., ControlPanel]) -> None:
    panel = start_panel(ENSEMBLE_TOKEN_CHECKS_PER_MINUTE="3")
    for _ in range(5):
        assert 200 == panel.get("/state", token=panel.operator_token).status
    for path in ("/state", "/state"):
        assert 200 == panel.get(path, token="wrong").status
    assert 401 == panel.post("/verify-token", {"token": "wrong"}).status
    for answer in (
        panel.post("/verify-token", {"token": "wrong"}),
        panel.get("/state", token="wrong"),
        panel.get("/state", token="x" * 43),
    ):
        assert 429 == answer.status
        assert "rate_limited" == answer.json()["error"]
        assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert 200 == panel.get("/state").status


@pytest.mark.parametrize(("length", "status"), [(31, 429), (32, 200)])
def test_a_dashboard_token_that_can_be_guessed_waits_with_its_address(
    start_panel: Callable[..., ControlPanel], length: int, status: int
) -> None:
    panel = start_panel(ENSEMBLE_TOKEN_CHECKS_PER_MINUTE="1")
    token = "a1b2c3d4" * 4
    (panel.orch / ".env.local").write_text(f"DASHBOARD_TOKEN={token[:length]}\n")
    assert 200 == panel.get("/state", token=token[:length]).status
    assert 200 == panel.get("/state", token="wrong").status
    assert 429 == panel.get("/state", token="wrong").status
    assert status == panel.get("/state", token=token[:length]).status
    assert status == panel.post("/verify-token", {"token": token[:length]}).status


def test_wrong_pairing_tokens_are_limited(start_panel: Callable[..., ControlPanel]) -> None:
    panel = start_panel(ENSEMBLE_TOKEN_CHECKS_PER_MINUTE="3")
    panel.open_gate()
    creator = panel.signup()
    canvas_id = panel.published(creator)
    path = f"/ensemble/canvas/{canvas_id}"
    for _ in range(5):
        assert 200 == panel.get(MINE, token=creator.token).status
        assert 401 == panel.get(MINE).status  # no token is no wrong token
    for attempt in range(3):
        assert 401 == panel.get(MINE, token=f"wrong{attempt}").status
    for token in ("wrong", creator.token[:-1], f"{creator.token}x"):
        assert 429 == panel.get(MINE, token=token).status
        assert 429 == panel.post("/verify-token", {"token": token}).status
        assert 200 == panel.get(path, token=token).status  # as a visitor


def test_reading_with_wrong_pairing_tokens_counts_too(
    start_panel: Callable[..., ControlPanel],
) -> None:
    panel = start_panel(ENSEMBLE_TOKEN_CHECKS_PER_MINUTE="1")
    panel.open_gate()
    draft = panel.draft(panel.signup())
    assert 404 == panel.get(f"/ensemble/canvas/{draft}", token="wrong").status
    assert 429 == panel.get(MINE, token="wrong").status


def test_wrong_tokens_of_neighbours_do_not_lock_out_a_good_one(
    start_panel: Callable[..., ControlPanel],
) -> None:
    panel = start_panel(ENSEMBLE_TOKEN_CHECKS_PER_MINUTE="1")
    creator = panel.signup()
    draft = panel.post("/studio/canvas", {}, token=creator.token).json()["id"]
    assert 401 == panel.get(MINE, token="wrong").status
    assert 429 == panel.get(MINE, token="wrong").status
    assert 200 == panel.get(MINE, token=creator.token).status
    assert 200 == panel.get(f"/ensemble/canvas/{draft}", token=creator.token).status
    assert 200 == panel.post("/verify-token", {"token": creator.token}).status
    assert 204 == panel.request("POST", "/studio/unpair", {}, token=creator.token).status
    assert 429 == panel.get(MINE, token=creator.token).status  # it is one of the wrong ones now


def test_no_token_is_ever_logged_or_stored(panel: ControlPanel, creator: Creator) -> None:
    cookie = {"Cookie": f"pairing_token={creator.token}"}
    assert 200 == panel.get(MINE, token=creator.token).status
    assert 200 == panel.request("GET", MINE, headers=cookie).status
    assert 200 == panel.post("/verify-token", {"token": creator.token}).status
    assert 200 == panel.get(f"/index.html?token={creator.token}").status
    assert 200 == panel.get("/state", token=panel.operator_token).status
    assert creator.token not in panel.log()
    assert panel.operator_token not in panel.log()
    found = [path for root in (panel.orch, panel.data) for path in root.rglob("*")]
    stored = [path.read_bytes() for path in found if path.is_file()]
    assert any(
        creator.user_id.encode() in each for each in stored
    )  # it is there that they would be
    assert not any(creator.token.encode() in each for each in stored)
