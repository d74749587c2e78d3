"""Formulas: every metric of every variant in letters, and what follows from them.

`formula`, `ratio` and `break_even` give SymPy expressions; `text`, `latex`, `markdown` and `python`
print them in textbook order, in any of the `NOTATIONS`; `derivation` shows the numbers substituted;
`check_claims` compares what papers state with what the stages give. SymPy is imported here and
nowhere below, so numeric paths never pay for it.
"""
