"""The one error that the development commands report as a sentence."""

from __future__ import annotations


class SetupError(Exception):
    """The environment cannot be made or used; the message says why and what to do."""
