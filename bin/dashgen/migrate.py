"""Moves a grid between stores: ``python -m dashgen.migrate --from URL --to URL``.

A URL is ``sqlite:////path``, ``postgresql://user@host/name``, or the folder of the file store. Each
owner is moved in one step, and one whose canvases are the same on both sides is left alone: after a
crash, or after the source has changed, the same command goes on. At the end both sides are read
again, and their counts and digests compared. The source is only read.

Exit status: 0 both sides are the same, 1 they are not, 2 usage, 4 a store cannot be opened,
5 refused, since the target holds what the source does not, or either holds what this program cannot
read: what a later program wrote is neither left behind nor written over.
"""

from __future__ import annotations

import hashlib
import sys
import tempfile
from contextlib import ExitStack, closing
from enum import IntEnum
from typing import TYPE_CHECKING

import msgspec

from dashgen.command_line import Parser, complain, say
from dashgen.errors import OutcomeUnknown, StorageFailed
from dashgen.stores import CannotOpenError, NothingThereError, open_url

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator, Sequence

    from dashgen.canvas_schema import Canvas
    from dashgen.slots import Tier
    from dashgen.stores import Stores

# Each change of the target waits for its disk, whether it moves one canvas or many.
CANVASES_AT_ONCE = 500


class Exit(IntEnum):
    """The exit status."""

    SAME = 0
    DIFFERENT = 1
    USAGE = 2
    ENVIRONMENT = 4
    REFUSED = 5


class Summary(msgspec.Struct, frozen=True):
    """What a store holds, in numbers that two stores can be compared by.

    Attributes:
        digest: SHA-256 over every canvas and subscription, owner by owner.
    """

    owners: int
    canvases: int
    published: int
    subscriptions: int
    digest: str


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a migration did."""

    schema: str = "migration/1"
    verdict: str
    copied: int
    same: int
    source: Summary
    target: Summary


def digest_of(canvases: Iterable[Canvas]) -> bytes:
    """A digest of everything about the canvases of one owner, whatever their order."""
    digest = hashlib.sha256()
    for canvas in sorted(canvases, key=lambda canvas: canvas.id):
        digest.update(msgspec.json.encode(canvas, order="deterministic") + b"\n")
    return digest.digest()


def summarise(
    canvases: Iterable[tuple[str, Sequence[Canvas]]], subscriptions: Iterable[tuple[str, Tier]]
) -> Summary:
    """Count and digest a store.

    Databases sort words by the rules of their languages, so no order is taken from them.

    Args:
        canvases: Each owner with what is theirs; who has none is left out.
        subscriptions: Who was put on which tier.
    """
    digests: dict[str, bytes] = {}
    count = published = 0
    for owner_id, owned in canvases:
        if not owned:
            continue
        count += len(owned)
        published += sum(canvas.is_published for canvas in owned)
        digests[owner_id] = digest_of(owned)
    tiers = dict(subscriptions)
    digest = hashlib.sha256()
    for owner_id in sorted(digests):
        digest.update(owner_id.encode() + b"\n" + digests[owner_id])
    for owner_id in sorted(tiers):
        digest.update(f"{owner_id} {tiers[owner_id]}\n".encode())
    return Summary(len(digests), count, published, len(tiers), digest.hexdigest())


def summary_of(stores: Stores) -> Summary:
    """Read a store from its beginning to its end.

    Raises:
        StorageFailed: It cannot be read.
    """
    store = stores.canvases
    canvases = ((owner_id, store.mine(owner_id)) for owner_id in store.owners())
    return summarise(canvases, stores.subscriptions.all())


def strangers(source: Stores, target: Stores) -> Iterator[str]:
    """Owners who have something in the target, and nothing in the source."""
    known = set(source.canvases.owners())
    return (
        owner_id
        for owner_id in target.canvases.owners()
        if owner_id not in known and target.canvases.mine(owner_id)
    )


def unreadable(stores: Stores) -> list[str]:
    """Name what this program cannot read, and so would take for absent."""
    tiers = (f"the tier of {owner_id}" for owner_id in stores.subscriptions.unreadable())
    return [*stores.canvases.unreadable(), *tiers]


def _batches(source: Stores) -> Iterator[dict[str, list[Canvas]]]:
    """What owners have, some owners at a time."""
    batch: dict[str, list[Canvas]] = {}
    for owner_id in source.canvases.owners():
        batch[owner_id] = source.canvases.mine(owner_id)
        if sum(map(len, batch.values())) >= CANVASES_AT_ONCE:
            yield batch
            batch = {}
    if batch:
        yield batch


def copy(source: Stores, target: Stores, *, is_dry: bool) -> tuple[int, int]:
    """Make the target the same as the source, owner by owner.

    Args:
        source: Where the grid is.
        target: Where it shall be.
        is_dry: Whether to count only.

    Returns:
        How many owners were copied, and how many were the same already.

    Raises:
        StorageFailed: One of the stores refused; what was copied before stays.
    """
    copied = same = 0
    for batch in _batches(source):
        changed = {
            owner_id: wanted
            for owner_id, wanted in batch.items()
            if digest_of(wanted) != digest_of(target.canvases.mine(owner_id))
        }
        if changed and not is_dry:
            target.canvases.replace(changed)
        copied, same = copied + len(changed), same + len(batch) - len(changed)
        _narrate(f"{copied + same} owners, {copied} of them copied")
    paying = dict(target.subscriptions.all())
    for owner_id, tier in source.subscriptions.all():
        if paying.get(owner_id) != tier and not is_dry:
            target.subscriptions.set_tier(owner_id, tier)
    return copied, same


def main(arguments: Sequence[str]) -> int:
    """Move a grid.

    Args:
        arguments: The command line without the program's name.

    Returns:
        The exit status, an `Exit`.
    """
    options = _parser().parse_args(arguments)
    if options.source == options.target:
        return _say_error(Exit.USAGE, "--from and --to name the same store", "name two stores")
    try:
        with ExitStack() as opened:
            source = opened.enter_context(closing(open_url(options.source, may_make=False)))
            if hidden := unreadable(source):
                return _refuse_unread("source", hidden)
            target = _open_target(options, opened)
            if hidden := unreadable(target):
                return _refuse_unread("target", hidden)
            return _migrate(source, target, options)
    except CannotOpenError as error:
        return _say_error(Exit.ENVIRONMENT, str(error), error.remedy)
    except (StorageFailed, OutcomeUnknown) as error:
        again = "the same command once more: it goes on where it stopped"
        return _say_error(Exit.ENVIRONMENT, f"a store refused: {error.message}", again)


def _open_target(options: argparse.Namespace, opened: ExitStack) -> Stores:
    """Open the target; a dry run takes an empty folder for one that is not there yet."""
    try:
        stores = open_url(options.target, may_make=not options.dry_run)
    except NothingThereError:
        stores = open_url(opened.enter_context(tempfile.TemporaryDirectory()))
    return opened.enter_context(closing(stores))


def _migrate(source: Stores, target: Stores, options: argparse.Namespace) -> int:
    found = list(strangers(source, target))
    if found:
        return _say_error(
            Exit.REFUSED,
            f"the target holds {len(found)} owners that the source does not, {found[0]} among them",
            "name an empty target",
        )
    copied, same = copy(source, target, is_dry=options.dry_run)
    here, there = summary_of(source), summary_of(target)
    verdict = "same" if here == there else "different"
    report = Report(verdict=verdict, copied=copied, same=same, source=here, target=there)
    if options.json:
        say(msgspec.json.encode(report).decode())
    else:
        _say(report, is_dry=options.dry_run)
    if here != there and not options.dry_run:
        _narrate("the sides differ: the source was changed meanwhile; next: the same command again")
    return Exit.SAME if here == there or options.dry_run else Exit.DIFFERENT


def _say(report: Report, *, is_dry: bool) -> None:
    did = "would copy" if is_dry else "copied"
    say(f"{did} {report.copied} owners; {report.same} were the same already")
    for name, side in (("source", report.source), ("target", report.target)):
        say(
            f"{name}: owners={side.owners} canvases={side.canvases} published={side.published}"
            f" subscriptions={side.subscriptions} digest={side.digest}"
        )
    say(f"RESULT {report.verdict}")


def _refuse_unread(side: str, hidden: Sequence[str]) -> int:
    return _say_error(
        Exit.REFUSED,
        f"the {side} holds {len(hidden)} records that this program cannot read, {hidden[0]} among them",
        "move it with the program that wrote them, or put them elsewhere first",
    )


def _parser() -> Parser:
    parser = Parser(
        "python -m dashgen.migrate",
        description="Move canvases and subscriptions between stores; go on after a crash.",
        epilog="A URL is sqlite:////path, postgresql://user@host/name, or a data root's folder.",
    )
    parser.add_argument("--from", dest="source", required=True, metavar="URL", help="where it is")
    parser.add_argument(
        "--to", dest="target", required=True, metavar="URL", help="where it shall be"
    )
    parser.add_argument("--dry-run", action="store_true", help="compare, and change nothing")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def _say_error(status: Exit, problem: str, remedy: str) -> int:
    complain(problem, remedy)
    return status


def _narrate(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
