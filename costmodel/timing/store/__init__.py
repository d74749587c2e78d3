"""Measured times, kept and shipped."""
