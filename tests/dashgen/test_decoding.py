"""Decoding, on many threads at once; in a process of its own, since the fault would end it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from dashgen.decoding import ShapeError, decode

SOURCES = Path(__file__).parents[2] / "bin" / "dashgen"

# A struct is looked up once in its life, so each round has one of its own; what it holds are structs
# too, which makes the look-up long.
MANY_AT_ONCE = """
import sys, threading
import msgspec
from dashgen.decoding import ShapeError, decode

sys.setswitchinterval(1e-6)
ROUNDS, THREADS = 40, 8

def shape(number):
    parts = [msgspec.defstruct(f"Part{n}", [("text", str)]) for n in range(20)]
    return msgspec.defstruct("Whole", [(f"part{n}", part) for n, part in enumerate(parts)])

shapes = [shape(number) for number in range(ROUNDS)]
data = msgspec.json.encode({f"part{n}": {"text": "x"} for n in range(20)})
barrier = threading.Barrier(THREADS)

def work():
    for shape in shapes:
        barrier.wait()
        assert decode(data, shape).part19.text == "x"

threads = [threading.Thread(target=work) for _ in range(THREADS)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print("all decoded")
"""


def test_threads_that_meet_a_struct_for_the_first_time_all_decode_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", MANY_AT_ONCE],
        cwd=SOURCES.parent,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert (0, "all decoded\n", "") == (done.returncode, done.stdout, done.stderr)


def test_nothing_decodes_past_it() -> None:
    """A call of msgspec's own would be safe for as long as no other thread comes first."""
    past = re.compile(r"msgspec\.(?:json\.)?(?:decode|convert)\(|Decoder\(")
    found = [file.name for file in SOURCES.rglob("*.py") if past.search(file.read_text("utf-8"))]

    assert ["decoding.py"] == found


@pytest.mark.parametrize("data", [b"", b"{", b'["1"]', b"\xff"])
def test_what_does_not_fit_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode(data, list[int])


@pytest.mark.parametrize(
    ("data", "kind"), [("[1", ValueError), ('["a"]', ShapeError), ("{}", ShapeError)]
)
def test_what_cannot_be_decoded_is_a_value_error_of_either_kind(
    data: str, kind: type[ValueError]
) -> None:
    with pytest.raises(ValueError, match=r"JSON|Expected|truncated") as caught:
        decode(data, list[int])
    assert kind is type(caught.value)
