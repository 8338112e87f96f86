"""The built site, looked at in a browser."""
