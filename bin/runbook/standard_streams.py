"""Standard streams that whoever called has closed lead nowhere."""

from __future__ import annotations

import os
import sys

_OF_A_PROCESS = (("stdin", "r"), ("stdout", "w"), ("stderr", "w"))


def open_closed_streams() -> None:
    """Open each standard stream that is closed, on nothing, for this process and those that it starts.

    A file that is opened later would be given its number, and be taken for it by every program that is started.
    """
    for number, (name, mode) in enumerate(_OF_A_PROCESS):
        if getattr(sys, name) is None:
            _lead_nowhere(number)
            stream = os.fdopen(number, mode, encoding="utf-8", closefd=False)
            setattr(sys, name, stream)
            setattr(sys, f"__{name}__", stream)


def _lead_nowhere(number: int) -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    if nothing == number:
        os.set_inheritable(number, True)  # noqa: FBT003 - os has it so
    else:
        os.dup2(nothing, number)
        os.close(nothing)
