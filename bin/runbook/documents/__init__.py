"""What documents say and show: made from what it describes, or held against it.

`document` and `measured` write between markers; `named`, `shown`, `examples`, `samples` and `transcript` hold what a
document names and shows against what there is, `claims`, `held` and `figures` what it counts.
"""
