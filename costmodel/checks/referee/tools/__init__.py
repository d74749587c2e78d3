"""The counters that the referee knows: one file each, how to ask it and how it counts."""
