"""Whom a failure points at."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook.upgrades.core.suspects import STRONG, said_by, scores, weigh

TRACE = """\
  File "/env/lib/python3.11/site-packages/_pytest/runner.py", line 1, in call
  File "/env/lib/python3.11/site-packages/carrier/api.py", line 3, in go
  File "/env/lib/python3.11/site-packages/deep_one/core.py", line 9, in go
E   ImportError: cannot import name 'x' from 'yaml'
FAILED test_x.py::test - ImportError
"""
IMPORTS = {
    "pyyaml": frozenset({"yaml"}), "deep-one": frozenset({"deep_one"}), "carrier": frozenset({"carrier"}),
    "pytest": frozenset({"_pytest", "pytest"}), "innocent": frozenset({"innocent"}),
}  # fmt: skip


def test_the_line_of_the_exception_counts_most_then_the_deepest_frame() -> None:
    found = scores(TRACE, IMPORTS)
    ranked = sorted(found, key=lambda name: -found[name])
    assert ["pyyaml", "deep-one", "carrier"] == ranked[:3]
    assert "innocent" not in found


def test_a_failure_is_told_in_its_own_words() -> None:
    assert "ImportError: cannot import name 'x' from 'yaml'" == said_by(TRACE)
    assert "error: no such option" == said_by("usage: it\nerror: no such option\n")
    assert "" == said_by("nothing of the kind")


def test_what_is_raised_on_a_line_of_its_own_is_told_with_the_words_below_it() -> None:
    raised = 'E           AttributeError: \nE           \nE           "safe_load()" has been removed, use\n'
    assert 'AttributeError: "safe_load()" has been removed, use' == said_by(raised)
    assert "AttributeError:" == said_by("E   AttributeError: \nFAILED test_x.py::test\n")


def test_the_words_of_a_failure_are_the_same_in_every_environment() -> None:
    raised = "ImportError: cannot import name 'x' from 'yaml' ({}yaml/__init__.py)"
    told = said_by(f"E   {raised.format('/env-5f3c/lib/python3.11/site-packages/')}\n")
    assert raised.format("") == told


def test_the_test_runner_is_no_suspect_because_it_ran_the_test() -> None:
    only_runner = 'File "/env/lib/python3.11/site-packages/_pytest/runner.py", line 1\npytest\n'
    assert {} == scores(only_runner, IMPORTS)


def test_the_test_runner_is_one_where_the_exception_names_it() -> None:
    assert {"pytest"} == scores(
        "E   ImportError: cannot import name 'x' from 'pytest'", IMPORTS
    ).keys()


def test_the_test_runner_is_one_where_it_raises_itself() -> None:
    """A hook that it refuses, say: no test is reached, and there is nobody else in the traceback."""
    frames = '  File "/env/lib/python3.11/site-packages/{}", line 1, in go\n'
    ended = "pluggy._manager.PluginValidationError: Plugin 'conftest.py' for hook 'pytest_ignore'\n"
    refused = frames.format("_pytest/config/__init__.py") + frames.format("pluggy/_manager.py")
    assert {"pytest"} == scores(refused + ended, IMPORTS).keys()
    assert scores(refused + ended, IMPORTS)["pytest"] > 1
    by_a_test = '  File "test_x.py", line 3, in test\n'
    assert {} == scores(refused + by_a_test + "ValueError: no\n", IMPORTS)


def test_what_a_broken_package_requires_comes_before_what_is_only_mentioned() -> None:
    trace = (
        'File "/env/lib/python3.11/site-packages/client/api.py", line 3, in go\n'
        "TypeError: unexpected argument\ninnocent: mentioned\n"
    )
    imports = {name: frozenset({name}) for name in ("client", "transport", "innocent", "other")}
    required_by = {"transport": {"client"}, "other": {"innocent"}}
    found = scores(trace, imports, required_by)
    assert ["client", "transport", "innocent"] == sorted(found, key=lambda name: -found[name])


@pytest.mark.parametrize(
    "raised",
    [
        ">           refusing.Client(proxies=None)\nE           TypeError: unexpected argument\n",
        '  File "test_x.py", line 3, in test\n    refusing.Client(proxies=None)\n    ~~~~~~^^^^\nTypeError: no\n',
    ],
)
def test_the_statement_that_raised_counts_as_the_deepest_frame(raised: str) -> None:
    """What refuses a call has no frame."""
    imports = {name: frozenset({name}) for name in ("refusing", "passed", "innocent")}
    frame = (
        'File "/env/lib/python3.11/site-packages/passed/api.py", line 3, in go\n    innocent.go()\n'
    )
    found = scores(frame + raised, imports)
    assert found["refusing"] >= STRONG
    assert found["innocent"] < STRONG


def test_the_name_of_a_file_is_no_mention_of_the_package_py() -> None:
    imports = {"pytest": frozenset({"_pytest", "py", "pytest"})}
    assert {} == scores("FAILED test_x.py::test - ImportError\n", imports)
    assert {"pytest"} == scores("E   ImportError: no module named 'py'", imports).keys()


def test_the_test_runner_is_one_where_a_plugin_of_it_breaks() -> None:
    trace = 'File "/env/lib/python3.11/site-packages/_pytest/runner.py"\n' * 2
    trace += 'File "/env/lib/python3.11/site-packages/plugin.py", line 1\nAttributeError: no such\n'
    imports = {"plugin": frozenset({"plugin"}), "pytest": frozenset({"_pytest", "pytest"})}
    assert {"plugin", "pytest"} == scores(trace, imports, {"pytest": {"plugin"}}).keys()


@given(
    st.sets(st.sampled_from("abcdefgh"), min_size=1),
    st.dictionaries(st.sampled_from("abcdefgh"), st.floats(0.5, 9)),
)
def test_weights_are_chances_and_none_is_nought(names: set[str], scored: dict[str, float]) -> None:
    weights = weigh(sorted(names), scored, frozenset("a"))
    assert abs(sum(weights.values()) - 1) < 1e-9
    assert all(weight > 0 for weight in weights.values())


def test_a_runner_of_which_nobody_speaks_is_tried_after_the_plugins_that_it_carries() -> None:
    weights = weigh(
        ["attrs", "pytest", "pytest-asyncio"], {}, frozenset({"pytest", "pytest-asyncio"})
    )
    assert ["pytest-asyncio", "attrs", "pytest"] == sorted(weights, key=lambda name: -weights[name])


def test_a_runner_that_the_failure_names_is_suspected_like_any_other() -> None:
    weights = weigh(["attrs", "pytest", "pytest-asyncio"], {"pytest": 4.0})
    assert weights["pytest"] > 0.8


def test_parts_of_one_namespace_are_told_apart() -> None:
    parts = {f"zoo-{name}": frozenset({f"zoo.{name}"}) for name in ("ant", "bee", "cow")}
    trace = 'File "/env/lib/python3.11/site-packages/zoo/bee/wings.py", line 1\nKeyError: 1\n'
    assert {"zoo-bee"} == scores(trace, parts).keys()
    assert {"zoo-cow"} == scores("E   zoo.errors.TooOld: zoo.cow asks for more\n", parts).keys()
