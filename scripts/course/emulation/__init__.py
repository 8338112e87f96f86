"""An emulated AWS on this machine, to which a step's own stack is really deployed."""
