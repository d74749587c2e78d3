"""Metrics: what is counted, in which unit and by which convention; declaring is registering.

One file per idea; a new file is found by itself, and nobody outside a metric's own file names it.
The rules are plain arithmetic on axis sizes and grids, so the same entry gives exact ints, sweeps
and formulas.
"""
