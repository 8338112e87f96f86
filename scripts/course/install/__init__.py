"""Installing packages: the environments of steps, each installer, and why one fails."""
