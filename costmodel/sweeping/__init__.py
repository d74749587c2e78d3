"""Design spaces: what varies, every cell counted exactly, break-evens, and the best trade-offs.

Cells that no layer can have (channels that the groups do not divide) are missing, never zero.
"""
