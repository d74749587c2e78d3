"""The inverse question: which values of a letter keep a metric within a budget, on one layer.

`paths` count with the letter unknown and learn for which values each count is true; `signs` finds
by algebra where the count meets the budget; `solve` puts both together and checks every edge by
counting. Nothing here needs SymPy.
"""
