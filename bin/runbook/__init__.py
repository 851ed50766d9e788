"""The engine of a smoke runbook that runs; it knows a repository, a command and a configuration, and no app."""
