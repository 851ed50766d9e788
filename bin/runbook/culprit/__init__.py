"""The culprit search: which commit broke it, proved and not guessed.

The core (`dag`, `rates`, `posterior`, `choice`, `untestable`, `stopping`, `prior`, `search`) knows no git, no
process and no clock. The rim (`history`, `worktrees`, `probing`, `executor`, `memory`, `report`, `find`) calls it.
"""
