"""Formulas and tables in other tools: Sphinx, MkDocs, notebooks."""
