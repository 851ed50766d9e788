"""HTTP as the server speaks it: connections, limits, and what happens around every request."""
