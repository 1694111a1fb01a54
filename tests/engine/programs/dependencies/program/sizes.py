"""A neighbour of the program, to be imported from its own folder."""

SIZES = {"one": 1, "two": 2, "three": 3}
