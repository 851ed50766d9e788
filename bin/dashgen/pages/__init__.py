"""Ensemble's pages: pure functions from records to HTML, their templates and their assets."""
