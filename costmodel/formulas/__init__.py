"""Formulas: every metric of every variant in letters, and what follows from them.

`formula`, `ratio` and `break_even` give SymPy expressions (`public` in the plain symbols in which
they leave the library); `printing` writes them in textbook order, in the letters of any of the
`ALPHABETS`; `derivation` shows the numbers substituted; `claims` compares what papers state with
what the stages give. SymPy is imported here and nowhere below, so numeric paths never pay for it.
"""
