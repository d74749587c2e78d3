"""What ``scripts/dev.py`` does: the project's own environment, and the commands that use it.

Only the standard library is imported here, because this runs before anything is installed.
"""
