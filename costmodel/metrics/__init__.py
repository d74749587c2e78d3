"""Metrics: what is counted, in which unit and by which convention; declaring is registering.

One file per idea; a new file is found by itself, and nobody outside a metric's own file names it.
The rules are plain arithmetic on axis sizes and grids, so the same entry gives exact ints, sweeps
and formulas. What declarations are made of: `metric` (the value and the registry), `combining` (how
stages and layers add up), `settings` (conventions to choose) and `lattice` (taps off an edge).
"""
