"""Published tables, recomputed: what papers printed beside what the formulas say.

A figure is data, with the computation that it is compared with; `check` gives a verdict on each,
and `regressions` those that were explained when they were recorded and no longer are.
"""
