"""Published networks, written down from their descriptions; one file per family.

Declaring is registering: a file here is found by itself. `scripts/networks.py` writes the CSV files
in `data/networks` from these, and their closed formulas come from running them with symbols.
"""
