"""What runs inside the pytest that the engine has started, beside `runbook.plugin`.

`early` goes before pytest itself, `negative_control` fails on purpose, `time_limit` ends what does not end.
"""
