"""Steps of the first run, kept over restarts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dashgen.errors import EnsembleError, NotFound
from dashgen.storage.first_run_store import FirstRunStep, FirstRunStore, is_complete

if TYPE_CHECKING:
    from pathlib import Path

USER = "usr_0123456789ab"
ANSWERED, GENERATED = FirstRunStep


def test_steps_in_their_order(tmp_path: Path) -> None:
    store = FirstRunStore(tmp_path / "first_run")
    assert store.step(USER) is None
    assert store.advance(USER, ANSWERED) is ANSWERED
    assert not is_complete(store.step(USER))
    assert store.advance(USER, GENERATED) is GENERATED
    assert is_complete(FirstRunStore(tmp_path / "first_run").step(USER))


def test_a_step_cannot_be_skipped(tmp_path: Path) -> None:
    store = FirstRunStore(tmp_path)
    with pytest.raises(EnsembleError) as refused:
        store.advance(USER, GENERATED)
    assert 409 == refused.value.status
    assert ANSWERED == refused.value.body()["next_step"]
    assert store.step(USER) is None


def test_a_step_taken_twice_changes_nothing(tmp_path: Path) -> None:
    store = FirstRunStore(tmp_path)
    store.advance(USER, ANSWERED)
    store.advance(USER, GENERATED)
    assert store.advance(USER, ANSWERED) is GENERATED
    assert store.step(USER) is GENERATED


@pytest.mark.parametrize(
    "content", [b"", b"[]", b'{"version":2,"step":"canvas-generated"}', b"\xff"]
)
def test_a_broken_file_is_a_run_not_begun(tmp_path: Path, content: bytes) -> None:
    (tmp_path / f"{USER}.json").write_bytes(content)
    assert FirstRunStore(tmp_path).step(USER) is None


def test_a_foreign_id_reaches_no_path(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        FirstRunStore(tmp_path / "root").advance("../../etc", ANSWERED)
    assert not (tmp_path / "etc.json").exists()
