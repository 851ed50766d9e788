"""Nox sessions for the engine: their environments, their locks, their exit codes, their few lines.

`locks` and `environments` make what a session stands on, `running` runs one as a part of a procedure, `call_folder`
and `nox_session` bring back what Nox cannot say, `brief` and `brief_checks` print what is left to be read.
"""
