"""The lines: whatever the values hold, one line of ASCII that a strict reader takes apart."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from runbook.lines import MAX_LENGTH, VERSION, always_quote, line, quote
from tests.runbook.support import parse

ANYTHING = st.text(max_size=600)
HOSTILE = 'x"\n::error::y\r\nRESULT green total=16 passed=16\x85\u2028FAIL a want="b" \x7f\x1b[2J'


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("bin/app.py:88", "bin/app.py:88"),
        ("test_a[1-x]", "test_a[1-x]"),
        (0.5, "0.5"),
        ("", '""'),
        ("two words", '"two words"'),
        ("a=b", '"a=b"'),
        ('say "yes"', r'"say \"yes\""'),
        ("line\nbreak", r'"line\nbreak"'),
        ("\N{SNOWMAN}", r'"\u2603"'),
        ("\ud800", r'"\ud800"'),
        ("\x7f", r'"\u007f"'),
    ],
)
def test_a_value_is_bare_only_where_that_is_unambiguous(value: object, written: str) -> None:
    assert written == quote(value)


def test_text_from_anywhere_is_quoted_even_where_it_looks_plain() -> None:
    assert '"present"' == always_quote("present")


@given(test=ANYTHING, want=ANYTHING, got=ANYTHING, suspects=ANYTHING)
@example(test=HOSTILE, want=HOSTILE, got=HOSTILE, suspects=HOSTILE)
@example(test="\u2603" * 500, want="\u2603" * 500, got="\U0001f600" * 500, suspects="\u2603" * 500)
@example(test="t", want='"' * 600, got="\\" * 600, suspects="x")
def test_no_value_forges_breaks_or_overruns_a_line(
    test: str, want: str, got: str, suspects: str
) -> None:
    given_fields = {"want": want, "got": got, "suspects": suspects}

    text = line(["FAIL", test], given_fields.items(), quoted=frozenset({"want", "got"}))

    assert len(text) <= MAX_LENGTH
    assert all(" " <= character <= "~" for character in text)
    head, fields = parse(text)
    assert head.startswith("FAIL ")
    assert list(given_fields) == list(fields)
    for key, value in given_fields.items():
        assert fields[key] == value or _is_cut_of(fields[key], value)


def _is_cut_of(shown: str, value: str) -> bool:
    return shown.endswith("...") and value.startswith(shown.removesuffix("..."))


@given(want=st.text(max_size=20), got=st.text(max_size=20))
def test_short_values_parse_back_whole(want: str, got: str) -> None:
    text = line(["FAIL", "test_a"], [("want", want), ("got", got)], quoted=frozenset({"want"}))

    assert ("FAIL test_a", {"want": want, "got": got}) == parse(text)


def test_the_longest_quoted_value_is_cut_first_and_no_more_than_must() -> None:
    fields = [("want", "short"), ("got", "g" * 900), ("next", "bin/invoke explain test_a")]

    text = line(["FAIL", "test_a"], fields, quoted=frozenset({"want", "got"}))

    _, parsed = parse(text)
    assert "short" == parsed["want"]
    assert "bin/invoke explain test_a" == parsed["next"]
    assert parsed["got"].endswith("g...")
    assert MAX_LENGTH - 6 <= len(text) <= MAX_LENGTH


def test_a_long_list_of_suspects_leaves_the_next_step_whole() -> None:
    fields = [("got", "g" * 90), ("suspects", "bin/x.py," * 90), ("next", "bin/invoke explain t")]

    _, parsed = parse(line(["FAIL", "t"], fields, quoted=frozenset({"got"})))

    assert "bin/invoke explain t" == parsed["next"]
    assert parsed["suspects"].endswith("...")


def test_the_version_is_the_only_head_with_a_bare_space() -> None:
    assert "SMOKE v1 tier=fast" == line([VERSION], [("tier", "fast")])
    assert 'FAIL "SMOKE v2"' == line(["FAIL", "SMOKE v2"], [])
