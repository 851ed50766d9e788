"""What runs inside the pytest that the engine has started, beside `runbook.plugin`.

`early` and `of_today` go before pytest itself, `negative_control` fails on purpose, `time_limit` ends what runs on.
"""
