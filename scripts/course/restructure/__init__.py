"""Inserting, renaming and taking out a step, with all that speaks of it."""
