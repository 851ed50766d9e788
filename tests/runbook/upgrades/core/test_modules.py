"""The names that a package is imported by, from the list of its files."""

from __future__ import annotations

import pytest

from runbook.upgrades.core.modules import import_names


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (["dog/__init__.py", "dog/bark.py", "dog/data.txt", "dog/tail/__init__.py"], {"dog"}),
        (["six.py", "__pycache__/six.cpython-311.pyc", "six-1.16.dist-info/METADATA"], {"six"}),
        (["attr/__init__.py", "attrs/__init__.py"], {"attr", "attrs"}),
        (["_native.cpython-311-x86_64-linux-gnu.so", "native.libs/libz.so.1"], {"_native"}),
        (["hold/__init__.cpython-311-darwin.so", "hold/on.so"], {"hold"}),
        (["zoo/dog/__init__.py", "zoo/dog/bark.py", "zoo/cat.py"], {"zoo.dog", "zoo.cat"}),
        (["zoo/pen/dog/__init__.py", "zoo/pen/dog/bark.py"], {"zoo.pen.dog"}),
        (["../../../bin/dog", "dog.pth", "share/man/dog.1"], set()),
        ([], set()),
    ],
    ids=[
        "package",
        "module",
        "two",
        "compiled",
        "compiled package",
        "namespace",
        "deep",
        "none",
        "nothing",
    ],
)
def test_a_package_is_imported_by_what_stands_outermost(
    files: list[str], expected: set[str]
) -> None:
    assert expected == import_names(files)
