"""Emptied functions: which there are, which were reached, and what is left of the source."""

from __future__ import annotations

import ast

import pytest

from runbook.prove.emptied import Emptied, functions, reached

SOURCE = '''\
import os


class Store:
    """A store."""

    def __init__(self, root):
        self.root = root

    def read(self, name):
        """Read one."""
        with open(name) as file:
            return file.read()

    @property
    def size(self):
        return len(os.listdir(self.root))  # as it is now

    def declared(self) -> int:
        """Only said."""
        ...


def lines(store):
    def clean(text):
        return text.strip()

    for name in ("ä", "b"):
        yield clean(store.read(name))


async def handle(request): return list(lines(Store(request)))


def unused():
    return 1
'''


def test_every_function_that_does_something_is_found() -> None:
    assert [
        "Store.__init__",
        "Store.read",
        "Store.size",
        "lines",
        "lines.<locals>.clean",
        "handle",
        "unused",
    ] == [name for name, _ in functions(SOURCE)]


@pytest.mark.parametrize(
    ("qualname", "before", "after"),
    [
        (
            "Store.read",
            "        with open(name) as file:\n            return file.read()\n",
            "        return None\n",
        ),
        (
            "Store.size",
            "        return len(os.listdir(self.root))  # as it is now\n",
            "        return None\n",
        ),
        (
            "lines.<locals>.clean",
            "        return text.strip()\n",
            "        return None\n",
        ),
        ("handle", " return list(lines(Store(request)))", " return None"),
    ],
)
def test_the_body_is_gone_and_nothing_else(qualname: str, before: str, after: str) -> None:
    assert SOURCE.replace(before, after) == Emptied("a.py", qualname).edit(SOURCE)


def test_every_emptied_source_still_parses_and_a_generator_stays_one() -> None:
    for name, _ in functions(SOURCE):
        ast.parse(Emptied("a.py", name).edit(SOURCE))
    scope: dict[str, object] = {}
    exec(Emptied("a.py", "lines").edit(SOURCE), scope)  # noqa: S102 - our own text

    made = scope["lines"]
    assert callable(made)
    assert [] == list(made(None))


def test_a_function_that_is_gone_is_told() -> None:
    with pytest.raises(LookupError, match=r"a.py::gone does not exist"):
        Emptied("a.py", "gone").edit(SOURCE)


def test_what_was_noted_is_reached_and_nothing_is_made_up() -> None:
    noted = [
        "a.py::lines.<locals>.clean",
        "a.py::Store.read",
        "a.py::Store.declared",
        "b.py::lines",
    ]

    found = reached({"a.py": SOURCE}, noted)

    assert ["Store.read", "lines.<locals>.clean"] == [each.qualname for each in found]
