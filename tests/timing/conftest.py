"""Layers to learn from, and stores of measured times."""

from tests.timing.stores import calibrated, layers, store, whole_forest

__all__ = ["calibrated", "layers", "store", "whole_forest"]
