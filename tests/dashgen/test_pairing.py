"""Pairing: tokens work while they should, and never again afterwards."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from typing import TYPE_CHECKING

import pytest

from dashgen.canvas_schema import Owner
from dashgen.errors import HandleTaken, SchemaError
from dashgen.pairing import CLOCK_SKEW_S, LIFETIME_S, PairingStore

if TYPE_CHECKING:
    from pathlib import Path

NOW = 1_800_000_000.0
ALICE = Owner("usr_alice", "alice")


@pytest.fixture
def store(tmp_path: Path) -> PairingStore:
    return PairingStore(tmp_path / "pairings")


def issue(store: PairingStore, owner: Owner = ALICE, now: float = NOW) -> str:
    return store.issue(owner.id, owner.handle, now)


def _refuse(_: int) -> None:
    raise OSError("read-only")


def drop(tmp_path: Path, token: str, **changes: object) -> Path:
    """Put a pairing file in place, as a test of the whole server does."""
    digest = hashlib.sha256(token.encode()).hexdigest()
    record = {
        "version": 1,
        "user_id": ALICE.id,
        "handle": ALICE.handle,
        "token_sha256": digest,
        "created_at": NOW,
        "expires_at": NOW + 3600,
        "revoked_at": None,
    }
    path = tmp_path / "pairings" / f"{digest}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({**record, **changes}))
    return path


def test_a_token_stands_for_its_user(store: PairingStore, tmp_path: Path) -> None:
    token = issue(store)
    assert ALICE == store.resolve(token, NOW)
    assert ALICE == PairingStore(tmp_path / "pairings").resolve(token, NOW)
    assert len(token) >= 43
    assert token != issue(store)


def test_the_token_itself_is_stored_nowhere(store: PairingStore, tmp_path: Path) -> None:
    token = issue(store)
    [path] = (tmp_path / "pairings").glob("*.json")
    assert token not in path.name
    assert token.encode() not in path.read_bytes()
    assert 0 == path.stat().st_mode & 0o077


@pytest.mark.parametrize("token", [None, "", "x", "\ud800", "é", "../../x", "a" * 10_000, "\x00"])
def test_any_other_token_stands_for_nobody(store: PairingStore, token: str | None) -> None:
    assert store.resolve(token, NOW) is None
    issue(store)
    assert store.resolve(token, NOW) is None


def test_a_file_that_is_dropped_in_counts_at_once(store: PairingStore, tmp_path: Path) -> None:
    assert store.resolve("secret", NOW) is None
    drop(tmp_path, "secret")
    assert ALICE == store.resolve("secret", NOW)


def test_a_token_ends_after_90_days(store: PairingStore) -> None:
    token = issue(store)
    assert ALICE == store.resolve(token, NOW + LIFETIME_S - 1)
    assert store.resolve(token, NOW + LIFETIME_S) is None


def test_an_expired_token_stays_dead_when_the_clock_goes_back(store: PairingStore) -> None:
    token = issue(store)
    assert store.resolve(token, NOW + 10 * LIFETIME_S) is None
    assert store.resolve(token, NOW) is None


def test_a_revoked_token_stays_dead_at_any_time(store: PairingStore, tmp_path: Path) -> None:
    token = issue(store)
    store.revoke(token, NOW + 5)
    for now in (NOW - 1e9, NOW, NOW + 4, NOW + 6, NOW + 1e9):
        assert store.resolve(token, now) is None
        assert PairingStore(tmp_path / "pairings").resolve(token, now) is None


def test_revoking_ends_one_token_and_no_other(store: PairingStore) -> None:
    first, second = issue(store), issue(store)
    store.revoke(first, NOW)
    store.revoke("unknown", NOW)
    assert store.resolve(first, NOW) is None
    assert ALICE == store.resolve(second, NOW)


def test_a_replaced_token_ends_when_the_new_one_is_used(store: PairingStore) -> None:
    old, other = issue(store), issue(store)
    new = store.issue(ALICE.id, ALICE.handle, NOW + 5, replaces=old)
    assert ALICE == store.resolve(old, NOW + 6)
    assert NOW + 5 + LIFETIME_S == store.ends_at(new)
    assert ALICE == store.resolve(new, NOW + 7)
    assert store.resolve(old, NOW + 7) is None
    assert ALICE == store.resolve(other, NOW + 7)


def test_a_token_replaces_another_though_that_cannot_be_revoked_at_once(
    store: PairingStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = issue(store)
    new = store.issue(ALICE.id, ALICE.handle, NOW, replaces=old)
    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", _refuse)
        assert ALICE == store.resolve(new, NOW)
    assert ALICE == store.resolve(new, NOW)
    assert store.resolve(old, NOW) is None


def test_a_token_that_is_over_replaces_nothing(store: PairingStore) -> None:
    old = issue(store, now=NOW + 1)
    new = store.issue(ALICE.id, ALICE.handle, NOW, replaces=old)
    assert store.resolve(new, NOW + LIFETIME_S) is None
    assert ALICE == store.resolve(old, NOW + LIFETIME_S)


def test_a_token_was_revoked_when_it_was_revoked_first(store: PairingStore, tmp_path: Path) -> None:
    token = issue(store)
    (record,) = (tmp_path / "pairings").glob("*.json")
    store.revoke(token, NOW + 5)
    store.revoke(token, NOW + 6)
    assert NOW + 5 == json.loads(record.read_text())["revoked_at"]


def test_a_token_from_the_future_is_refused(store: PairingStore) -> None:
    token = issue(store, now=NOW + CLOCK_SKEW_S)
    assert ALICE == store.resolve(token, NOW)
    assert store.resolve(token, NOW - 1) is None


def test_a_record_cannot_grant_itself_more_than_90_days(
    store: PairingStore, tmp_path: Path
) -> None:
    drop(tmp_path, "secret", expires_at=NOW + 1e12)
    assert ALICE == store.resolve("secret", NOW + LIFETIME_S - 1)
    assert store.resolve("secret", NOW + LIFETIME_S) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"version": 2},
        {"user_id": "../alice"},
        {"user_id": None},
        {"handle": "a b"},
        {"handle": ""},
        {"token_sha256": "0" * 64},
        {"token_sha256": "é"},
        {"token_sha256": "\ud800"},
        {"created_at": "now"},
        {"expires_at": None},
        {"expires_at": NOW},
        {"revoked_at": 0},
        {"revoked_at": False},
        {"replaces": "../elsewhere"},
    ],
)
def test_a_record_in_doubt_lets_nobody_in(
    store: PairingStore, tmp_path: Path, changes: dict[str, object]
) -> None:
    drop(tmp_path, "secret", **changes)
    assert store.resolve("secret", NOW) is None


@pytest.mark.parametrize("length", range(0, 200, 20))
def test_a_cut_record_lets_nobody_in(store: PairingStore, tmp_path: Path, length: int) -> None:
    path = drop(tmp_path, "secret")
    path.write_bytes(path.read_bytes()[:length])
    assert store.resolve("secret", NOW) is None


def test_a_record_that_says_two_things_lets_nobody_in(store: PairingStore, tmp_path: Path) -> None:
    path = drop(tmp_path, "secret", revoked_at=NOW)
    path.write_text(path.read_text().replace("}", ', "revoked_at": null}'))
    assert store.resolve("secret", NOW) is None


def test_a_linked_record_lets_nobody_in(store: PairingStore, tmp_path: Path) -> None:
    path = drop(tmp_path, "secret")
    path.rename(tmp_path / "elsewhere.json")
    path.symlink_to(tmp_path / "elsewhere.json")
    assert store.resolve("secret", NOW) is None


def test_an_expired_token_is_refused_though_it_cannot_be_revoked(
    store: PairingStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = issue(store)
    monkeypatch.setattr(os, "fsync", _refuse)
    assert store.resolve(token, NOW + LIFETIME_S) is None


def test_pairings_are_counted(store: PairingStore, tmp_path: Path) -> None:
    assert 0 == store.count()
    issue(store)
    issue(store)
    (tmp_path / "pairings" / "notes.txt").write_text("foreign")
    assert 2 == store.count()


def test_a_handle_is_taken_in_any_case(store: PairingStore, tmp_path: Path) -> None:
    issue(store)
    drop(tmp_path, "secret", handle="Bob", user_id="usr_bob")
    for one in (store, PairingStore(tmp_path / "pairings")):
        for handle in ("alice", "ALICE", "bob", "Bob"):
            with pytest.raises(HandleTaken):
                issue(one, Owner("usr_mallory", handle))
    assert issue(store, Owner("usr_mallory", "alic"))


def test_a_handle_is_held_by_one_user(store: PairingStore) -> None:
    issue(store)
    issue(store)
    with pytest.raises(HandleTaken):
        issue(store, Owner("usr_mallory", "Alice"))
    assert 2 == store.count()


def test_of_many_who_want_a_handle_one_gets_it(store: PairingStore) -> None:
    start = threading.Barrier(6)
    refused: list[int] = []

    def sign_up(number: int) -> None:
        start.wait()
        try:
            issue(store, Owner(f"usr_{number}", "alice"))
        except HandleTaken:
            refused.append(number)

    threads = [threading.Thread(target=sign_up, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 5 == len(refused)
    assert 1 == store.count()


@pytest.mark.parametrize("handle", ["", " ", "a b", "-a", "a" * 33, "é", "a\n", "<b>"])
def test_a_bad_handle_is_refused(store: PairingStore, handle: str) -> None:
    with pytest.raises(SchemaError, match="handle"):
        store.issue(ALICE.id, handle, NOW)


def test_a_bad_user_id_is_refused(store: PairingStore) -> None:
    with pytest.raises(SchemaError, match="user_id"):
        store.issue("../x", "alice", NOW)
