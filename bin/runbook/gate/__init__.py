"""The gate: whether the public may see it. Open only after a green smoke of exactly what is served.

`environment` is pure; `faults` judges what was injected. `file` is the gate's file and how it changes; `project_gate`
finds it for a project, reads it and closes it. `smoke` runs the tiers, `opening` decides, `status` shows it.
"""
