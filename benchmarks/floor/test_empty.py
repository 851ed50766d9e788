"""What any smoke costs before it smokes anything; see benchmarks/inner_loop.py."""


def test_empty() -> None:
    """Do nothing."""
