"""Ensemble: a public grid of canvases, the studio that makes them, and the pages of both."""
