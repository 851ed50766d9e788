"""Strict YAML: plain data only, each key once, nothing that unfolds."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from hub import strict_yaml
from hub.errors import ManifestError

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["C"])),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text("abcxyz", min_size=1), inner, max_size=3)
    ),
    max_leaves=10,
)
BOMB = "a: &a [x, x]\n" + "".join(
    f"{b}: &{b} [*{a}, *{a}]\n" for a, b in zip("abcdefghi", "bcdefghij", strict=True)
)


@given(PLAIN)
def test_plain_data_comes_back(data: object) -> None:
    assert data == strict_yaml.load(yaml.safe_dump(data, allow_unicode=True))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (BOMB, "anchors and aliases"),
        ("a: &x 1\nb: *x", "anchors and aliases"),
        ("a: &a [*a]", "anchors and aliases"),
        ("a: &x 1", "anchors and aliases"),  # one that nothing refers to, too
        ("&x a: 1", "anchors and aliases"),
        ("a: &x {b: 1}", "anchors and aliases"),
        ("a: 1\na: 2", "a stands there twice, in line 2 again"),
        ("a: {b: 1, b: 2}", "b stands there twice"),
        ("a: !!python/object/apply:os.system [x]", "is not allowed"),
        ("a: !thing 1", "is not allowed"),
        ("1: x", "a key must be plain text"),
        ("? [a]\n: x", "a key must be plain text"),
        ("a: [", "is no YAML"),
        ("a: 1\n---\nb: 2", "is no YAML"),
        ("\x00", "is no YAML"),
        ("[" * 100 + "]" * 100, "nested deeper"),
        ("a: " + "x" * strict_yaml.MAX_BYTES, "more than"),
        ("a: !!int x", "line 1: 'x' is no int"),
        ("a: !!bool x", "line 1: 'x' is no bool"),
        ("\na: 0b_", "line 2: '0b_' is no int"),
        ("a: " + "1" * 5000, "is no int"),  # of more digits than Python reads
        ("a: !!map x", "is not allowed"),
        ("a: !!int [1]", "is not allowed"),
        ("*a : x", "anchors and aliases"),
    ],
)
def test_all_else_is_refused_with_its_reason(text: str, said: str) -> None:
    with pytest.raises(ManifestError) as refused:
        strict_yaml.load(text)

    assert said in str(refused.value)


def test_dates_stay_text() -> None:
    assert {"day": "2026-11-22"} == strict_yaml.load("day: 2026-11-22")
