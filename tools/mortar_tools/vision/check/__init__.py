"""Whether the compiled forms of a vision encoder still see what it sees: `mortar tools check vision`."""
