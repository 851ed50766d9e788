"""Smoke a tier: `tier` starts pytest in a process of its own, watches it and has it judged.

`companions`, `proof` and `changed` say which tiers go with it, and which need not.
"""
