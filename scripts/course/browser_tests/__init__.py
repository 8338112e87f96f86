"""Tests that use a step through a real browser, and the program that runs them."""
