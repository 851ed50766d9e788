"""What GitHub Actions is told of a run, and what its workflows ask: annotations, summaries, the matrix, the gate.

`annotations`, `summary`, `needs`, `matrix` and `paths` are pure; `actions` reads and writes the files and
variables of a runner. Off a runner nothing of it does anything.
"""
