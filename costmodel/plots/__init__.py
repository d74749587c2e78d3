"""Plotly figures from rows; nothing here draws on a page."""
