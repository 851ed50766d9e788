"""The search itself: which upgrades to move next, and what is minimal. Pure: no uv, no process, no clock."""
