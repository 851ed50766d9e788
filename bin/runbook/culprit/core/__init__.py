"""The search itself: what is believed, what to run next, and when to stop. Pure: no git, no process, no clock."""
