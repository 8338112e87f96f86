"""Proof that every step works by itself: what is run, remembered, and said."""
