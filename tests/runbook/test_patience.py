"""What waits is as patient as the machine is busy."""

from __future__ import annotations

import pytest

from runbook.patience import patience


@pytest.mark.parametrize(
    ("load", "cores", "expected"),
    [(0.0, 2, 10), (2.0, 2, 10), (3.0, 2, 15), (8.0, 4, 20), (12.0, 2, 60), (500.0, 2, 60)],
    ids=["idle", "full", "half too many", "twice too many", "the most", "never longer"],
)
def test_the_wait_grows_with_the_load_that_each_core_has_too_much(
    monkeypatch: pytest.MonkeyPatch, load: float, cores: int, expected: float
) -> None:
    monkeypatch.setattr("os.getloadavg", lambda: (load, 0.0, 0.0))
    monkeypatch.setattr("os.cpu_count", lambda: cores)

    assert expected == patience(10)


def test_a_machine_that_does_not_say_how_many_cores_it_has_is_taken_for_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("os.getloadavg", lambda: (3.0, 9.0, 9.0))
    monkeypatch.setattr("os.cpu_count", lambda: None)

    assert 30 == patience(10)
