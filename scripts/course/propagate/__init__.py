"""Carrying an edit of one link through all later links, with git's own three-way merge.

``git_objects`` and ``merge`` know git; ``committed`` says where each link stood; ``carry`` merges
link by link in memory; ``generated_files`` keeps what a program makes out of the merges; ``state``
remembers what was carried and where a conflict stopped it; ``lineage`` says what of that still
stands; ``conflict_markers`` finds the lines that git leaves in a conflict; ``choices`` says what
there is to choose, and what was chosen; ``resolutions`` remembers how a conflict was solved;
``working_copy`` turns trees into intentions for the journal; ``operation`` is the verb.
"""
