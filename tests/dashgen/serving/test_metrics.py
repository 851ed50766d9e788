"""Counting answers."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from dashgen.serving.metrics import Metrics

if TYPE_CHECKING:
    import pytest


def test_faults_are_counted_and_refusals_are_not() -> None:
    metrics = Metrics()
    for status in (200, 404, 413, 500, 507, 0):
        metrics.count(status)
    assert (6, 2, 2) == (metrics.requests, metrics.errors, metrics.recent_errors())


def test_recent_errors_grow_old(monkeypatch: pytest.MonkeyPatch) -> None:
    metrics = Metrics()
    metrics.count(500)
    later = time.monotonic() + 301
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert 0 == metrics.recent_errors()
    assert 1 == metrics.errors
    assert metrics.uptime() >= 300
