"""Timing by interleaved rounds; the only part of `timing` that imports torch."""
