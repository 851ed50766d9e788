"""Getting back: a revert that is proved by the smoke before anybody merges it.

Pure: `policy` (what may be reverted), `wording` (the message, how to merge), `choice` (which red row is hunted).
The rim: `candidate` (what git knows of a commit), `revert` (the revert itself), `trees` (disposable checkouts, and
smokes in them). `ground` has what the two procedures share, `resmoke` and `whole`; `command` is what calls them.
"""
