"""The history of a repository, read and never written: which commits are candidates, and what they changed."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

from runbook.culprit.core.dag import Dag
from runbook.culprit.git import GitFailed, git
from runbook.errors import UsageError
from runbook.git import step_where_foreign

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from runbook.culprit.core.earlier import Tally

_NO_LARGE = ("-c", "core.bigFileThreshold=1m")  # larger files are not compared line by line
_SUBMODULE = "160000 "
# Where a commit begins; a path may hold any byte but \0.
_BLOCK = re.compile(r"(?:^|\0)\x01(?=[0-9a-f]{40,64} [0-9a-f]{40,64} )")


def _filled_by(setup: str) -> str:
    return (
        f"find-offending-commit with --setup '{setup}'; what it names, revert-and-resmoke reverts"
    )


@dataclass(frozen=True, slots=True)
class Change:
    """One file that a commit changed.

    Attributes:
        path: Its name after the commit.
        was: Its name before, where the commit renamed it.
    """

    path: str
    was: str = ""


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit as the search needs it; a merge lists no changes."""

    sha: str
    tree: str
    parents: tuple[str, ...]
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Description:
    """A commit as a person sees it."""

    sha: str
    subject: str
    author: str
    date: str
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Range:
    """The candidates between a good and a bad end.

    Attributes:
        good: The good end.
        bad: The bad end.
        commits: The candidates, oldest first.
        dag: The same as a graph.
        standing_in: For each commit that cannot matter the one that has all it can show.
        earlier: How the command did before, by state of the source, where the culprit was not yet.
    """

    good: Commit
    bad: str
    commits: tuple[Commit, ...]
    dag: Dag
    standing_in: dict[str, str]
    earlier: tuple[Tally, ...] = ()


class Repository:
    """A repository that is searched.

    Args:
        folder: Anywhere in its working tree.

    Raises:
        UsageError: It is none, is bare, or is shallow.

    Attributes:
        root: The top of the working tree.
        below: Which folder of it this was made for, relative to it; empty for the top itself.
        common: The folder that all worktrees share: ``.git``.
    """

    def __init__(self, folder: Path) -> None:
        try:
            answer = git(folder, "rev-parse", "--is-bare-repository", "--is-shallow-repository")
        except GitFailed as error:
            raise UsageError(
                f"{folder} is no git repository that can be read: {error.what}",
                next_step=step_where_foreign(error.what) or "pass --repo DIR",
            ) from error
        is_bare, is_shallow = answer.split()
        if is_bare == "true":
            raise UsageError(
                f"{folder} is a bare repository",
                next_step=f"git clone {folder} and search in the clone",
            )
        if is_shallow == "true":
            raise UsageError(
                f"{folder} is a shallow clone: its history is cut off",
                next_step="git fetch --unshallow",
            )
        top = git(folder, "rev-parse", "--show-toplevel").removesuffix("\n")
        self.root = Path(top)
        self.below = git(folder, "rev-parse", "--show-prefix").removesuffix("\n").rstrip("/")
        absolute = ("--path-format=absolute", "--git-common-dir")
        self.common = Path(git(folder, "rev-parse", *absolute).removesuffix("\n"))
        self._trees: dict[str, str] = {}

    def resolve(self, revision: str) -> str:
        """Return the full name of a commit.

        Raises:
            UsageError: There is none of that name.
        """
        alone = ("--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        try:
            return git(self.root, "rev-parse", *alone).strip()
        except GitFailed as error:
            raise UsageError(
                f"{revision!r} names no commit",
                next_step="git log --oneline, and pass one of its names",
            ) from error

    def tree(self, commit: str) -> str:
        """Return the name of a commit's tree; git is asked once at most."""
        if commit not in self._trees:
            self._trees[commit] = git(self.root, "rev-parse", f"{commit}^{{tree}}").strip()
        return self._trees[commit]

    def _step_to_a_range(self, good: str, bad: str) -> str:
        """Say which ends would be a range, where the good one is no ancestor of the bad one."""
        if self.is_ancestor(bad, good):
            return f"the other way round it is one: --good {bad[:10]} --bad {good[:10]}"
        try:
            parting = git(self.root, "merge-base", good, bad).strip()
        except GitFailed:  # they share no history
            return f"git log --oneline {bad[:10]}, and pass a commit of these as --good"
        return f"--good {parting[:10]}, where the two part"

    @property
    def state(self) -> Path:
        """Where the project keeps its smokes, if it is one that has any."""
        return self.root / self.below / ".runbook"

    def is_ancestor(self, old: str, new: str) -> bool:
        """Whether ``old`` is ``new`` or an ancestor of it."""
        try:
            return git(self.root, "merge-base", old, new).strip() == old
        except GitFailed:  # they share no history
            return False

    def known_to(self, commit: str, names: Collection[str]) -> set[str]:
        """Return those of ``names`` that are ``commit`` or its ancestors; what is no commit here is left out."""
        if not names:
            return set()
        known = self._listed("--no-walk", *names) - self._listed(*names, f"^{commit}")
        return {name for name in names if any(sha.startswith(name) for sha in known)}

    def _listed(self, *which: str) -> set[str]:
        return set(git(self.root, "rev-list", "--ignore-missing", *which, "--").split())

    def refuse_what_a_checkout_lacks(self, commit: str) -> None:
        """Refuse a tree that a plain checkout does not fill: submodules and large files stored elsewhere.

        Raises:
            UsageError: The tree of ``commit`` has such.
        """
        entries = git(self.root, "ls-tree", "-r", "-z", commit).split("\0")
        if any(entry.startswith(_SUBMODULE) for entry in entries):
            raise UsageError(
                "the tree has submodules, which a checkout leaves empty",
                next_step=_filled_by("git submodule update --init"),
            )
        paths = (entry.partition("\t")[2] for entry in entries)
        for path in (each for each in paths if each.endswith(".gitattributes")):
            if "filter=lfs" in git(self.root, "cat-file", "blob", f"{commit}:{path}"):
                raise UsageError(
                    f"{path} keeps files in LFS, which a checkout leaves as pointers",
                    next_step=_filled_by("git lfs pull"),
                )

    def range(
        self, good: str, bad: str, *, first_parent: bool = False, unseen: Collection[str] = ()
    ) -> Range:
        """Read the candidates: ancestors of ``bad`` that are none of ``good``.

        Args:
            good: The good end, an ancestor of ``bad``.
            bad: The bad end.
            first_parent: Whether a merge stands for all that it brought.
            unseen: Globs of files that the command cannot see. Commits that change nothing else, and
                empty ones, are left out: their parents stand in for them.

        Raises:
            UsageError: There are no candidates, or ``good`` is no ancestor.
        """
        if good == bad:
            raise UsageError(
                "the good and the bad end are the same commit", next_step="pass an older --good"
            )
        if not self.is_ancestor(good, bad):
            raise UsageError(
                f"{good[:10]} is no ancestor of {bad[:10]}",
                next_step=self._step_to_a_range(good, bad),
            )
        commits = list(self._read(f"{good}..{bad}", first_parent=first_parent))
        oldest = next(self._read(good, "--max-count=1", first_parent=first_parent))
        kept, standing_in = _contract(oldest, commits, unseen)
        if not kept:
            raise UsageError(
                "no commit of the range changes anything that the command can see",
                next_step="pass an older --good",
            )
        numbers = {commit.sha: number for number, commit in enumerate(kept)}
        parents = [
            [numbers[parent] for parent in commit.parents if parent in numbers] for commit in kept
        ]
        listed = git(self.root, "rev-list", "--reverse", f"{good}..{bad}").split()
        places = {sha: place for place, sha in enumerate(listed)}
        dag = Dag(parents, [places[commit.sha] for commit in kept])
        return Range(oldest, standing_in.get(bad, bad), tuple(kept), dag, standing_in)

    def _read(self, *revisions: str, first_parent: bool) -> Iterator[Commit]:
        which = ["--first-parent", "-m"] if first_parent else []
        shown = ("-z", "--name-status", "-M", "--no-show-signature", "--format=%x01%H %T %P")
        text = git(self.root, "log", "--topo-order", "--reverse", *shown, *which, *revisions, "--")
        for block in _BLOCK.split(text)[1:]:
            head, _, files = block.partition("\n")
            sha, tree, *parents = head.strip("\0").split()
            known = parents[:1] if first_parent else parents
            self._trees[sha] = tree
            yield Commit(sha, tree, tuple(known), tuple(_changes(files)))

    def has_uncommitted(self, commit: str) -> bool:
        """Whether ``commit`` is checked out and something in the working tree is not as it is there."""
        if git(self.root, "rev-parse", "HEAD").strip() != commit:
            return False
        return bool(git(self.root, "--no-optional-locks", "status", "--porcelain"))

    def first_parents(self, commit: str) -> list[str]:
        """Return ``commit`` and its line of first parents, newest first."""
        return git(self.root, "rev-list", "--first-parent", commit).split()

    def parents(self, commit: str) -> list[str]:
        """Return the parents of ``commit``, the first one first."""
        return git(self.root, "rev-list", "--parents", "--max-count=1", commit).split()[1:]

    def before_changes(self, commit: str, paths: Sequence[str], *, most: int) -> list[str]:
        """Return the first parents of the newest commits up to ``commit`` that changed one of the files."""
        if not paths:
            return []
        shown = git(self.root, "log", f"--max-count={most}", "--format=%P", commit, "--", *paths)
        return [parents.split()[0] for parents in shown.splitlines() if parents]

    def tagged(self, commit: str) -> list[str]:
        """Return the commits with a tag that ``commit`` descends from, newest first, without itself."""
        which = ("--merged", commit, "--sort=-creatordate", "refs/tags")
        shown = git(self.root, "for-each-ref", "--format=%(objectname) %(*objectname)", *which)
        commits = dict.fromkeys(line.split()[-1] for line in shown.splitlines())
        return [each for each in commits if each != commit]

    def describe(self, commit: str) -> Description:
        """Return a commit as a person sees it; a merge's files are those it brought."""
        about = ("-s", "--no-show-signature", "--format=%s%x00%an <%ae>%x00%aI")
        shown = git(self.root, "show", *about, commit)
        subject, author, date = shown.rstrip("\n").split("\0")
        which = ("-m", "--first-parent", "--no-show-signature", "--format=")
        names = git(self.root, "log", "--max-count=1", "-z", "--name-only", *which, commit)
        return Description(commit, subject, author, date, tuple(filter(None, names.split("\0"))))

    def undoing(self, commit: str, until: str) -> list[str]:
        """Return the commits after ``commit`` up to ``until`` that changed the opposite, newest first."""
        files = self.describe(commit).files
        if not files:
            return []
        opposite = self._alike("-R", "-m", "--first-parent", "--max-count=1", commit)
        later = self._alike(f"{commit}..{until}", "--", *files)
        return [each for each, change in later.items() if change in opposite.values()]

    def _alike(self, *which: str) -> dict[str, str]:
        """Return for each commit that changes something a name that whatever changes the same, wherever, has too."""
        plain = (
            "--no-color",
            "--no-prefix",
            "--no-ext-diff",
            "--no-textconv",
            "--no-show-signature",
        )
        patches = git(self.root, *_NO_LARGE, "log", "-p", *plain, "--format=commit %H", *which)
        named = git(self.root, "patch-id", "--stable", given=patches)
        return {commit: change for change, commit in map(str.split, named.splitlines())}

    def added(self, path: str, before: str) -> str:
        """Return the newest commit up to ``before`` that added a file, or nothing."""
        newest = ("--diff-filter=A", "--format=%H", "--max-count=1")
        return git(self.root, "log", *newest, before, "--", path).strip()

    def introduced(self, text: str, paths: Sequence[str], before: str) -> str:
        """Return the oldest commit up to ``before`` that brought a text into one of the files, or nothing."""
        brought = ("-S", text, "--format=%H")
        return (git(self.root, "log", *brought, before, "--", *paths).split() or [""])[-1]

    def files_below(self, paths: Sequence[str], commit: str) -> list[str]:
        """Return the files of a commit that are ``paths``, or in one of these folders."""
        below = [path.rstrip("/") for path in paths]
        if not below:
            return []
        names = git(self.root, "ls-tree", "-r", "-z", "--name-only", commit, "--", *below)
        return list(filter(None, names.split("\0")))


def _changes(text: str) -> Iterator[Change]:
    words = iter(text.strip("\0").split("\0"))
    for status in words:
        if not status:
            continue
        first = next(words)
        yield Change(next(words), was=first) if status[0] in "RC" else Change(first)


def _contract(
    good: Commit, commits: list[Commit], unseen: Collection[str]
) -> tuple[list[Commit], dict[str, str]]:
    """Leave out commits that the command cannot tell from their only parent."""
    trees = {commit.sha: commit.tree for commit in (good, *commits)}
    inside = {commit.sha for commit in commits}
    standing_in: dict[str, str] = {}
    kept = []
    for commit in commits:
        parents = tuple(dict.fromkeys(standing_in.get(parent, parent) for parent in commit.parents))
        is_single = len(commit.parents) == 1 and (parents[0] in inside or parents[0] == good.sha)
        if is_single and _is_alike(commit, trees.get(commit.parents[0]), unseen):
            standing_in[commit.sha] = parents[0]
        else:
            kept.append(replace(commit, parents=parents))
    return kept, standing_in


def _is_alike(commit: Commit, parent_tree: str | None, unseen: Collection[str]) -> bool:
    if commit.tree == parent_tree:
        return True
    paths = {name for change in commit.changes for name in (change.path, change.was) if name}
    return bool(paths) and all(any(_matches(path, glob) for glob in unseen) for path in paths)


def _matches(path: str, glob: str) -> bool:
    return path == glob or fnmatch(path, glob) or path.startswith(f"{glob.rstrip('/')}/")


def names_of(path: str, commits: Sequence[Commit]) -> set[str]:
    """Return all names that a file has had, following renames back from its name at the bad end."""
    names = {path}
    for commit in reversed(commits):
        names |= {change.was for change in commit.changes if change.was and change.path in names}
    return names
