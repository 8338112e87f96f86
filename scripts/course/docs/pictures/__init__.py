"""The pictures of running snapshots: which there are, how they are taken, what makes them stale."""
