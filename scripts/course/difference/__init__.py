"""How one snapshot differs from another: in its files and lines, and in what they define."""
