"""Who somebody is: passwords and tokens, the identity provider, and each app's side of signing in."""
