"""Ranks from data: what a spectrum, an error or a budget says that a bond needs."""
