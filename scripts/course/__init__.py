"""The tool behind a course that is a chain of numbered, runnable snapshots.

Nothing in this package knows what the snapshots contain: everything that it runs comes from the
catalogue (``steps/course.toml``). Data flows one way: catalogue → chain → diff → page.
"""
