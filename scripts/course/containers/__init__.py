"""Checks that need a container engine: Docker, or what speaks its language."""
