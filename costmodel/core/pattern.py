"""Patterns: which taps of a window exist, where only some do (`(i j)=T`)."""

from __future__ import annotations

#: One tap of a window: its offset on every axis of the pattern, in taps.
Tap = tuple[int, ...]
