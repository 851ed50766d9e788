"""Everything that handlers work with, made once when the server starts."""

from __future__ import annotations

import time
from collections.abc import Callable  # noqa: TC003 - msgspec reads annotations
from typing import TYPE_CHECKING, cast

import msgspec

from dashgen.build_id import BuildWatch
from dashgen.gate import FeatureGate
from dashgen.operator_token import OperatorToken
from dashgen.pairing import PairingStore
from dashgen.projects import ProjectStore
from dashgen.serving.metrics import Metrics
from dashgen.serving.rate_limit import RateLimit
from dashgen.serving.revision_cache import RevisionCache
from dashgen.settings import REPOSITORY, Settings
from dashgen.storage.first_run_store import FirstRunStore
from dashgen.storage.shared_revision import SharedRevision
from dashgen.storage.storage_watch import StorageWatch
from dashgen.store_protocol import (  # noqa: TC001 - msgspec reads annotations
    CanvasStore,
    SubscriptionStore,
)
from dashgen.stores import open_stores

if TYPE_CHECKING:
    from starlette.requests import Request

    from dashgen.pages.layout import Page


class Services(msgspec.Struct, frozen=True, kw_only=True):
    """The stores and counters of one server."""

    settings: Settings
    canvases: CanvasStore
    subscriptions: SubscriptionStore
    close_stores: Callable[[], None]
    pairings: PairingStore
    first_runs: FirstRunStore
    projects: ProjectStore
    gate: FeatureGate
    operator_token: OperatorToken
    signups: RateLimit
    token_checks: RateLimit
    metrics: Metrics
    revision: SharedRevision
    storage: StorageWatch
    grid_answers: RevisionCache[bytes]
    index_pages: RevisionCache[Page]
    canvas_pages: RevisionCache[Page]
    canvas_counts: RevisionCache[int]
    build: BuildWatch


def make_services(settings: Settings) -> Services:
    """Open the stores of the data roots; nothing is read from them yet.

    Raises:
        CannotOpenError: A database is configured and cannot be worked with.
    """
    # A smoke asks for what was booted: somebody may edit while it runs.
    watch = BuildWatch(REPOSITORY, is_on=not settings.run_nonce)
    stores = open_stores(settings.database_url, settings.data_root)
    return Services(
        settings=settings,
        canvases=stores.canvases,
        subscriptions=stores.subscriptions,
        close_stores=stores.close,
        pairings=PairingStore(settings.pairings),
        first_runs=FirstRunStore(settings.data_root / "first_run"),
        projects=ProjectStore(settings.orch_data, settings.plugin_data),
        gate=FeatureGate(settings.gate_file, lambda: watch.read(time.monotonic())),
        operator_token=OperatorToken(settings.orch_data / ".env.local"),
        signups=RateLimit(settings.signups_per_minute),
        token_checks=RateLimit(settings.token_checks_per_minute),
        metrics=Metrics(),
        revision=SharedRevision(stores.canvases, stores.open_wire),
        storage=StorageWatch(stores.is_writable),
        grid_answers=RevisionCache(256),
        index_pages=RevisionCache(64),
        canvas_pages=RevisionCache(64),
        canvas_counts=RevisionCache(1),
        build=watch,
    )


def services_of(request: Request) -> Services:
    """The services of the server that got this request."""
    return cast("Services", request.app.state.services)


def now() -> float:
    """The time of the wall clock in Unix seconds."""
    return time.time()
