"""What takes longer than any test waits; another process finds it here."""

import time


def asleep(*args: object, **kwargs: object) -> None:
    """Nothing, for a minute."""
    time.sleep(60)
