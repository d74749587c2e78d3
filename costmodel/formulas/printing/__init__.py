"""Formulas in textbook order: text, LaTeX, Markdown, Python."""
