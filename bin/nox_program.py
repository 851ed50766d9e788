"""Nox, as ``bin/nox`` starts it: a session or a tag that is not there is a usage error that names the nearest."""

from __future__ import annotations

import os

try:
    import sys
    from pathlib import Path
    from typing import TYPE_CHECKING

    from nox import tasks
    from nox.__main__ import main as run_nox
    from nox.manifest import Manifest

    from runbook.errors import UsageError, tell
    from runbook.exit_codes import ExitCode
    from runbook.last_words import why_unread
    from runbook.nearest import nearest
    from runbook.processes.standard_streams import forsake, narrate
except KeyboardInterrupt:  # nothing has begun
    os._exit(130)

if TYPE_CHECKING:
    from collections.abc import Iterable

_LISTS = {"-l", "--list", "--list-sessions", "-h", "--help", "--version", "--usage"}


class NamedManifest(Manifest):
    """Nox's own, but for how it refuses."""

    def filter_by_name(self, specified_sessions: Iterable[str]) -> None:
        """Keep the sessions of these names; Nox would end with 3, and name none that there is."""
        names = list(specified_sessions)
        every = [session for session, _ in self.list_all_sessions()]
        known = {name for session in every for name in (session.name, *session.signatures)}
        try:
            super().filter_by_name(names)
        except KeyError as error:
            missing = next((name for name in names if name not in known), names[0])
            raise _refused(f"no session is called {missing!r}", missing, known) from error

    def filter_by_tags(self, tags: Iterable[str]) -> None:
        """Keep the sessions of these tags; Nox would pass over one that none has, beside another."""
        asked = list(tags)
        known = {tag for session, _ in self.list_all_sessions() for tag in session.tags}
        for missing in (tag for tag in asked if tag not in known):
            raise _refused(f"no session is tagged {missing!r}", missing, known)
        super().filter_by_tags(asked)


def _refused(what: str, word: str, known: Iterable[str]) -> UsageError:
    close = ", ".join(nearest(word, known))
    return UsageError(f"{what}; the nearest: {close}", next_step="bin/nox -l")


def main() -> int:
    """Run Nox; return its exit status."""
    # Nox makes its list of sessions by this name, which it exports to nobody.
    tasks.Manifest = NamedManifest  # type: ignore[attr-defined]
    sys.argv[0] = "nox"  # what its usage calls it
    try:
        status = _status_of_nox()
    except KeyboardInterrupt:  # before or between the sessions, which Nox itself ends by one
        status = ExitCode.INTERRUPTED
    except BrokenPipeError:
        # A list that nobody reads is nobody's failure; a run of which nobody hears is not known to be green.
        status = ExitCode.GREEN if _LISTS.intersection(sys.argv) else ExitCode.INTERRUPTED
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        forsake(sys.stdout)
    return status


def _status_of_nox() -> int:
    try:
        run_nox()
    except SystemExit as ended:
        status = int(ended.code or 0)
        if status == ExitCode.USAGE:  # argparse has said what is wrong
            narrate("  next: bin/nox --help")
        return status
    except UsageError as error:
        return tell(error, "")
    except BrokenPipeError:
        raise
    except Exception as error:  # of a session Nox tells it itself; this is the noxfile's own
        why = why_unread(error, Path(__file__).resolve().parents[1])
        if not why:
            raise
        return tell(UsageError(f"the sessions cannot be read: {why}"), "")
    return 0


if __name__ == "__main__":
    sys.exit(main())
