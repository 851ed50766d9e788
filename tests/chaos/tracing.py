"""strace around one step of a victim: what it asks of the system, and dying while it asks."""

from __future__ import annotations

import os
import signal
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.chaos.victims import Zygote


def traced_step(zygote: Zygote, order: str, log: Path, *options: str) -> tuple[int, int]:
    """Let a victim take one step under strace.

    Args:
        zygote: Where the victim comes from.
        order: The step, as ``victims`` knows it: ``one NUMBER`` or ``delete TITLE``.
        log: A file for what strace saw.
        options: What strace does besides.

    Returns:
        How many steps were acknowledged, none or one, and the victim's exit code.
    """
    victim = zygote.order(order)
    assert "stopped" == zygote.line()
    strace = ["strace", "-f", "-y", "-o", str(log), *options, "-p", str(victim)]
    with subprocess.Popen(strace, stderr=subprocess.PIPE, text=True) as tracer:
        assert tracer.stderr is not None
        said = tracer.stderr.readline()
        if "attached" not in said:
            os.kill(victim, signal.SIGKILL)
            raise AssertionError(f"strace could not attach: {said}{tracer.stderr.read()}")
        os.kill(victim, signal.SIGCONT)
        return zygote.acknowledged()
