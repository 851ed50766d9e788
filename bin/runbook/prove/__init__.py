"""Prove the rows: inject each fault into a scratch tree and see whether its row turns red, and first.

`fault` and `matrix` are pure; `workshop` makes trees and runs tiers in them; `proving` joins the two. Knows no app.
"""
