"""The idea, in reading order: numbers, sizes, notation, layers, grids, stages, variants."""
