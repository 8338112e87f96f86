"""The gates of ``course docs check``: each returns what must be mended, and changes nothing."""
