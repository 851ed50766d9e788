"""What Ensemble and the hub, which know nothing of one another, hold alike of what comes over a connection."""
