"""Formulas, tables and numbers that live in documents and cannot go stale.

A document holds markers, invisible when rendered, around generated text; `embed` refreshes what
stands between them and `check` says which of it is no longer true. A directive is data: nothing in
a document is ever executed.
"""
