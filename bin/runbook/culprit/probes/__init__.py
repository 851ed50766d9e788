"""Runs of the command: in trees of their own, on this machine or a cluster, remembered, and ended with the search."""
