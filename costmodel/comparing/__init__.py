"""Counts of variants on layers, side by side."""
