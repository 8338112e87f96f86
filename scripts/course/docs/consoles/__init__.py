"""The console blocks of pages: read, really run, and what they print compared."""
