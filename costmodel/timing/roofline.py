"""Roofline: what two large jobs reach on a machine, and what holds a convolution back from it.

A convolution takes the longer of two times: its multiplies at the rate of a large matrix product,
and every number that it reads or writes, once, at the bandwidth of a large copy (Williams, Waterman
and Patterson, "Roofline", CACM 2009). Which of the two it is depends on its arithmetic intensity.
Neither is a limit: what fits into a cache moves faster than a large copy, and a library that
computes a convolution by fewer products than the nominal ones (Winograd) seems to pass the peak.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from costmodel.table import Column, Table
from costmodel.timing.case import Case
from costmodel.timing.convolution import Convolution
from costmodel.timing.machine import BYTES
from costmodel.timing.summary import Summary

COMPUTE, MEMORY, LAUNCH = "compute-bound", "memory-bound", "launch-bound"
_MOSTLY = 2.0  # a call that takes less than this many times an empty one is launch-bound
#: What shows the peaks, in the order of `Peaks`: a product of square matrices of this side, a copy
#: of so many numbers, which is far more than a cache holds, and the smallest convolution.
SIDE, COPIED = 1024, 2**25
JOBS = ("matrix product", "copy", "smallest convolution")
#: Columns of tables with a row per convolution that was timed.
CASE, CLASS, MACS = Column("case", "Case"), Column("class", "Class"), Column("macs", "MACs")
RATE = Column("gmacs_per_s", "GMAC/s", "GMAC/s", "nominal multiply-accumulates over min_ms")
_COLUMNS = (
    CLASS,
    CASE,
    MACS,
    Column("intensity", "MACs per byte", "MAC/B"),
    RATE,
    Column(
        "roof_gmacs_per_s",
        "Large product or copy, GMAC/s",
        "GMAC/s",
        "what a large matrix product reaches, or a large copy at this intensity: no upper limit",
    ),
    Column("share", "Share of that"),
)


@dataclass(frozen=True)
class Peaks:
    """What large jobs reach on a machine.

    rate: multiply-accumulates per second, of a large matrix product. bandwidth: bytes per second,
    read and written, of a large copy. call: seconds of the smallest convolution.
    """

    rate: float
    bandwidth: float
    call: float

    @classmethod
    def of_jobs(cls, seconds: Mapping[str, float], bytes_each: int) -> Peaks | None:
        """The peaks that the seconds of `JOBS` show; None where one of them is missing."""
        if not all(job in seconds for job in JOBS):
            return None
        product, copy, call = (seconds[job] for job in JOBS)
        return cls(SIDE**3 / product, 2 * COPIED * bytes_each / copy, call)

    def jobs(self, bytes_each: int) -> dict[str, float]:
        """The inverse of `of_jobs`."""
        seconds = (SIDE**3 / self.rate, 2 * COPIED * bytes_each / self.bandwidth, self.call)
        return dict(zip(JOBS, seconds, strict=True))

    @property
    def ridge(self) -> float:
        """The intensity, MACs per byte, from which on multiplying takes longer than moving."""
        return self.rate / self.bandwidth

    def roof(self, intensity: float) -> float:
        """MACs per second at an intensity, at these peaks; nominal rates can be higher."""
        return min(self.rate, intensity * self.bandwidth)

    def bound(self, conv: Convolution, seconds: float, dtype: str = "float32") -> str:
        """What holds a convolution back: "compute-bound", "memory-bound" or "launch-bound"."""
        if seconds < _MOSTLY * self.call:
            return LAUNCH
        return COMPUTE if intensity(conv, dtype) >= self.ridge else MEMORY


def intensity(conv: Convolution, dtype: str = "float32") -> float:
    """MACs per byte, every number of input, output and weight moved once."""
    return conv.macs / (conv.values * BYTES[dtype])


def points(measured: Mapping[Case, Summary], peaks: Peaks, dtype: str = "float32") -> Table:
    """One row per measured plain convolution: its intensity, its rate, and the roof above it."""
    rows = []
    for case, summary in measured.items():
        convolutions = case.convolutions
        if len(convolutions) != 1:
            continue
        (conv,) = convolutions
        at, rate = intensity(conv, dtype), conv.macs / summary.minimum
        roof = peaks.roof(at)
        cells = (conv.kind, str(case), conv.macs, at, rate / 1e9, roof / 1e9, rate / roof)
        rows.append({c.key: cell for c, cell in zip(_COLUMNS, cells, strict=True)})
    note = (
        f"Peak {peaks.rate / 1e9:.4g} GMAC/s, bandwidth {peaks.bandwidth / 1e9:.4g} GB/s, ridge at "
        f"{peaks.ridge:.3g} MAC/B; intensity in MACs per byte, every number moved once."
    )
    return Table(_COLUMNS, rows, (note,))
