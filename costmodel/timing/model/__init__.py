"""Models of time, and the intervals that say how wrong they may be."""
