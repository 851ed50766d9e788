"""The process that serves: connections, the gateway and the portal."""
