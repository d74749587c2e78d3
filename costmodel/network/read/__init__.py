"""Readers: whatever describes a network, as a `Network`."""
