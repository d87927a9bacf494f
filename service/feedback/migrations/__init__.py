"""How the tables of corrections came to be, a step a file; the next is a copy of the last, with its own number."""
