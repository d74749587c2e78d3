"""What every test shares."""

from hypothesis import settings

# Examples are many and small; on a busy machine a single one may take long without being wrong.
settings.register_profile("costmodel", deadline=None, derandomize=True)
settings.load_profile("costmodel")
