"""The verbs of the command line: each reads its words, calls a module, and prints the answer."""
