"""The environments in which a set of pins is tried: resolved and installed by uv."""
