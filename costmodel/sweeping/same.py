"""Variants as cache keys."""

from __future__ import annotations

from dataclasses import dataclass

from costmodel.core.variant import Variant


@dataclass(frozen=True, eq=False)
class Same:
    """A variant as a cache key: the very same declaration (one's own can be redefined)."""

    variant: Variant

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and self.variant is other.variant

    def __hash__(self) -> int:
        return id(self.variant)
