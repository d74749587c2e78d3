"""The catalogue: one small file per family; nobody outside a variant's own file names it."""
