"""One app at its host name: its pages, its backend, and a server of its own where it has one."""
