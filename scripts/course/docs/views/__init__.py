"""The views: each turns a piece of a snapshot, or of the catalogue, into HTML."""
