"""What every test shares."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import settings

from costmodel.registry import Registry

# Examples are many and small; on a busy machine a single one may take long without being wrong.
settings.register_profile("costmodel", deadline=None, derandomize=True)
settings.load_profile("costmodel")


@pytest.fixture
def declared(monkeypatch: pytest.MonkeyPatch) -> Callable[[Registry[Any], str, Any], Any]:
    """Put an entry into a registry for the length of one test, whether it is taken or not."""

    def declare(registry: Registry[Any], key: str, entry: Any) -> Any:
        monkeypatch.setattr(registry, "_entries", {**registry, key: entry})
        return entry

    return declare
