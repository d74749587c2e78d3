"""Checks against the outside: torch modules, other counters, an independent reference."""
