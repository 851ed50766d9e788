"""The upgrade search: which upgrades broke it, proved and not guessed.

It stands beside `runbook.culprit` and shares its probes, outcomes, fingerprints and memory. The core (`versions`,
`pins`, `suspects`, `noise`, `minimal`, `bound`, `search`) knows no uv, no process and no clock. The rim (`uv`,
`resolver`, `workshop`, `laboratory`, `outside`, `find`) calls it.
"""
