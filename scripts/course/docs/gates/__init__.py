"""The gates of ``course docs check``: each returns what must be fixed, and changes nothing."""
