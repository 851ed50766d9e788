"""One self-contained HTML page of a run, a search or a drift; it asks no other host for anything.

`html` escapes, `charts` draws, the ``*_page`` modules compose, and none of them touches the world; `sources`
reads what the engine has left under ``.runbook/``, and `write` puts the page there.
"""
