"""Comparisons with what is outside: modules, other counters, proofs, published tables."""
