"""Locks of packages: what they say, what is exported of them, and how they are regenerated."""
