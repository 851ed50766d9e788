"""The branches of drift, each on top of the one before, so that git merges them in any order without a conflict.

Two edits of one list made from one commit conflict wherever they stand side by side. So each branch is made from the
last one: whoever merges it merges those below it too, and whatever is merged first, the rest still fits. One that does
not fit any more, since something else has changed the file, is built anew on top of itself. Only what drift wrote is
built anew: where somebody has changed a branch it is theirs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook.errors import EnvironmentNotReady
from runbook.git import git
from runbook.upgrades.weekly import branch as branches
from runbook.upgrades.weekly.constraints import without

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from runbook.upgrades.weekly.edit import Edit

_FILE = "pyproject.toml"


@dataclass(frozen=True, slots=True)
class Standing:
    """A branch that has its edit.

    Attributes:
        branch: Its name.
        commit: Its last commit.
        on: The branch that it is on top of, and brings along; nothing where that is HEAD.
    """

    branch: str
    commit: str
    on: str = ""

    def __str__(self) -> str:
        """Return the two for a person, and for the record."""
        return f"{self.branch} {self.commit[:10]}"


@dataclass(slots=True)
class Stack:
    """What is written so far.

    Attributes:
        root: The project.
        gone: The causes that have healed.
        top: The commit that the next branch must fit on.
        top_branch: Its branch; nothing for HEAD.
        left: The branches that do not fit and are not ours to change.
    """

    root: Path
    gone: Collection[str]
    top: str = "HEAD"
    top_branch: str = ""
    left: tuple[str, ...] = ()

    def put(self, edits: Sequence[Edit]) -> list[Standing]:
        """Make every branch, or see to it that it fits; those that are there come first, the lowest before the rest.

        Raises:
            GitError: git refused.
            EnvironmentNotReady: The project's file is not in git, or a branch is not one to be written.
        """
        if not self._held("HEAD"):
            raise EnvironmentNotReady(
                f"{_FILE} is not committed", next_step=f"git add {_FILE}, and commit it"
            )
        placed = (self._place(edit) for edit in sorted(edits, key=self._height))
        return [each for each in placed if each]

    def known(self, edit: Edit) -> str:
        """Return what the file holds on the branch of an edit; nothing where there is none."""
        there = branches.tip(self.root, edit.branch)
        return self._held(there) if there else ""

    def _place(self, edit: Edit) -> Standing | None:
        there = branches.tip(self.root, edit.branch)
        if there and self._fits(edit, there):
            branches.point(self.root, edit.branch, there)
            is_above = branches.forks(self.root, there, self.top) == [self.top]
            return self._now_on_top(
                Standing(edit.branch, there, self.top_branch if is_above else "")
            )
        if there and not self._is_ours(edit, there):
            self.left += (edit.branch,)
            return None
        return self._write(edit)

    def _write(self, edit: Edit) -> Standing:
        before = self.known(edit)
        file = branches.File(self._name(), edit.anew(before, self._held(self.top), self.gone))
        below = (
            f"\n\nOn top of {self.top_branch}, which it brings along." if self.top_branch else ""
        )
        message = edit.since(before).message + below
        commit = branches.commit_file(self.root, edit.branch, file, message, on=self.top)
        return self._now_on_top(Standing(edit.branch, commit, self.top_branch))

    def _now_on_top(self, made: Standing) -> Standing:
        self.top, self.top_branch = made.commit, made.branch
        return made

    def _height(self, edit: Edit) -> tuple[bool, int]:
        """Return what sorts branches that are there first, and those by how many commits they are above HEAD."""
        there = branches.tip(self.root, edit.branch)
        if not there:
            return True, 0
        return False, int(git(self.root, "rev-list", "--count", f"HEAD..{there}"))

    def _fits(self, edit: Edit, there: str) -> bool:
        """Whether a branch has its edit and merges with the top: the file there is what the two went apart from."""
        top = self._held(self.top)
        forks = branches.forks(self.root, there, self.top)
        has_moved = not forks or any(self._held(fork) != top for fork in forks)
        return not has_moved and edit.is_in(self._held(there), top, self.gone)

    def _is_ours(self, edit: Edit, there: str) -> bool:
        """Whether the last commit of a branch is as drift made it, with nobody's change in it or on top of it."""
        below = branches.last_parent(self.root, there)
        if not below:
            return False
        changed = git(self.root, "diff", "--name-only", below, there).splitlines()
        text, message = self._held(there), git(self.root, "log", "-1", "--format=%B", there)
        return (
            changed == [self._name()]
            and without(self._held(below)) == without(text)
            and message.startswith(edit.as_in(text).message)
        )

    def _held(self, commit: str) -> str:
        return branches.held(self.root, commit, self._name())

    def _name(self) -> str:
        return git(self.root, "rev-parse", "--show-prefix") + _FILE
