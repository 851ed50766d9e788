"""The process that watches the one that serves, and starts it anew without the app that ended it."""
