"""Processes that the engine starts: they end with it, and with them all that they have started.

`runbook.keeper` outlives a killed engine just long enough for that; `descendants` finds what has left its group.
"""
