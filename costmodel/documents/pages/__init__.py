"""The generators of our own pages."""
