"""The app hub: a portal, an identity provider, and a gateway that serves every app by its host name."""
