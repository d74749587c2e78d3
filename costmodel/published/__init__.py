"""Published tables, recomputed: what papers printed beside what the formulas say.

>>> from costmodel.published import check
>>> check(["mobilenet-5"]).column("verdict")
['within rounding', 'within rounding', 'within rounding', 'within rounding']
"""

from costmodel.published.figures import VERDICTS, sources
from costmodel.published.tables import check, regressions

__all__ = ["VERDICTS", "check", "regressions", "sources"]
