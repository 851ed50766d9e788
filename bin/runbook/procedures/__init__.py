"""A procedure as a plan of steps: read before it is carried out, resumed where it was interrupted.

`steps` is pure; `step_runner` carries a plan out; `journal` keeps what became of each step.
"""
