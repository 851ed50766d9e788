"""Ensemble in the hub: its own server, as a process of its own, behind the hub's sign-in.

Ensemble knows its makers by pairing tokens; who is signed in to the hub is answered here, in front of it.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.routing import Mount, Route

from hub.account_bar import AccountBar
from hub.sdk import AppContext, json_answer, signed_in

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp

SERVER = Path(__file__).resolve().parents[3] / "control-panel-server.py"


async def me(request: Request) -> Response:
    """Say who is signed in."""
    return json_answer(signed_in(request).as_json())


def build_app(hub: AppContext) -> ASGIApp:
    """Start Ensemble on roots of its own, and put it behind the hub's addresses."""
    data = hub.data_folder()
    roots = {
        "ORCH_DATA": str(data / "orchestrator"),
        "CLAUDE_PLUGIN_DATA": str(data / "plugin"),
        "ENSEMBLE_DATA_ROOT": str(data / "canvases"),
        "ENSEMBLE_PUBLIC_ORIGIN": hub.origin,
        "ENSEMBLE_EXIT_WITH_PARENT": "1",
    }
    ensemble = hub.process([sys.executable, str(SERVER), "--port", "0"], roots)
    return hub.application([Route("/api/me", me), Mount("/", AccountBar(ensemble))])
