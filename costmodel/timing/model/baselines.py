"""Models of time that a person can read: a constant rate, rooflines, five numbers per class.

A model has `fit(convolutions, seconds)`, which returns it, and `predict(convolutions)`, which
returns seconds. All of them minimise relative errors: a fast layer matters as much as a slow one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from costmodel.errors import MissingDependencyError
from costmodel.timing.convolution import CLASSES, Convolution

_FEWEST = 6  # layers of a class; with fewer, it goes with all the others
_REST = ""


class ConstantRate:
    """MACs times a constant: what a FLOP count implies."""

    title = "MACs × constant"

    def fit(self, convolutions: Sequence[Convolution], seconds: Sequence[float]) -> ConstantRate:
        """The rate at which half of the layers are slower."""
        import numpy

        macs = numpy.array([conv.macs for conv in convolutions], dtype=float)
        self.seconds_per_mac = float(numpy.median(numpy.asarray(seconds) / macs))
        return self

    def predict(self, convolutions: Sequence[Convolution]) -> Any:
        """Seconds, one per convolution."""
        import numpy

        return numpy.array([conv.macs * self.seconds_per_mac for conv in convolutions])


class Roofline:
    """The longer of multiplying at a peak rate and moving every number once, plus a call."""

    title = "one roofline"

    def fit(self, convolutions: Sequence[Convolution], seconds: Sequence[float]) -> Roofline:
        """The three numbers, found from the fastest layers and refined on all."""
        import numpy

        macs, moved = _columns(convolutions)
        times = numpy.asarray(seconds, dtype=float)
        start = [
            float(numpy.quantile(macs / times, 0.9)),
            float(numpy.quantile(moved / times, 0.9)),
            float(times.min() / 2),
        ]
        self.rate, self.bandwidth, self.call = _refined(_roofline, start, (macs, moved), times)
        return self

    def predict(self, convolutions: Sequence[Convolution]) -> Any:
        """Seconds, one per convolution."""
        return _roofline([self.rate, self.bandwidth, self.call], *_columns(convolutions))


class Linear:
    """call + MACs/rate + inputs + outputs + weights, each at a rate of its own: five numbers."""

    title = "linear"
    names = ("call", "macs", "inputs", "outputs", "weights")

    def fit(self, convolutions: Sequence[Convolution], seconds: Sequence[float]) -> Linear:
        """Non-negative least squares of the relative errors."""
        import numpy

        try:
            from scipy.optimize import nnls
        except ImportError:
            raise MissingDependencyError("scipy", "fitting a model of times", "timing") from None
        times = numpy.asarray(seconds, dtype=float)
        rows = self._rows(convolutions)
        scale = rows.max(axis=0)
        weights = 1 / times
        for _ in range(8):  # reweighted: the sum of absolute relative errors, which outliers spare
            solution, _ = nnls(rows / scale * weights[:, None], times * weights)
            errors = numpy.abs(rows / scale @ solution / times - 1)
            weights = 1 / times / numpy.sqrt(numpy.maximum(errors, 0.02))
        self.coefficients = solution / scale
        return self

    @classmethod
    def of(cls, coefficients: Any) -> Linear:
        """The model that has these numbers, as a fit leaves them."""
        made = cls()
        made.coefficients = coefficients
        return made

    def predict(self, convolutions: Sequence[Convolution]) -> Any:
        """Seconds, one per convolution."""
        import numpy

        return numpy.maximum(self._rows(convolutions) @ self.coefficients, 1e-9)

    def _rows(self, convolutions: Sequence[Convolution]) -> Any:
        import numpy

        return numpy.array(
            [[1, c.macs, c.inputs, c.outputs, c.weights] for c in convolutions], dtype=float
        ).reshape(-1, len(self.names))


class PerClass:
    """A model of its own for every class of convolutions, and one of all for the others."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self.make = make
        self.title = f"{make().title} per class".replace("one ", "")
        self.models: dict[str, Any] = {}

    def fit(self, convolutions: Sequence[Convolution], seconds: Sequence[float]) -> PerClass:
        """One fit per class that has enough layers."""
        self.models = {_REST: self.make().fit(convolutions, seconds)}
        for kind, places in places_by_class(convolutions).items():
            if len(places) >= _FEWEST:
                own = [convolutions[i] for i in places]
                self.models[kind] = self.make().fit(own, [seconds[i] for i in places])
        return self

    def predict(self, convolutions: Sequence[Convolution]) -> Any:
        """Seconds, one per convolution."""
        import numpy

        result = numpy.zeros(len(convolutions))
        for kind, places in places_by_class(convolutions).items():
            model = self.models.get(kind, self.models[_REST])
            result[places] = model.predict([convolutions[i] for i in places])
        return result

    @property
    def arrays(self) -> dict[str, Any]:
        """The numbers of linear models: a row per class, of all layers first; NaN for none."""
        import numpy

        none = numpy.full(len(Linear.names), numpy.nan)
        rows = [
            self.models[kind].coefficients if kind in self.models else none
            for kind in (_REST, *CLASSES)
        ]
        return {"coefficients": numpy.array(rows)}

    @classmethod
    def of(cls, arrays: Mapping[str, Any]) -> PerClass:
        """The inverse of `arrays`; raises `KeyError` where there are none."""
        made, rows = cls(Linear), arrays["coefficients"]
        for kind, row in zip((_REST, *CLASSES), rows, strict=True):
            if not (row != row).any():  # NaN
                made.models[kind] = Linear.of(row)
        return made


def places_by_class(convolutions: Sequence[Convolution]) -> dict[str, list[int]]:
    """Class → where its convolutions stand."""
    places: dict[str, list[int]] = {}
    for place, conv in enumerate(convolutions):
        places.setdefault(conv.kind, []).append(place)
    return places


def _columns(convolutions: Sequence[Convolution]) -> tuple[Any, Any]:
    import numpy

    macs = numpy.array([conv.macs for conv in convolutions], dtype=float)
    return macs, numpy.array([conv.values for conv in convolutions], dtype=float)


def _roofline(numbers: Any, macs: Any, moved: Any) -> Any:
    import numpy

    rate, bandwidth, call = numbers
    return call + numpy.maximum(macs / rate, moved / bandwidth)


def _refined(
    function: Any, start: list[float], columns: tuple[Any, ...], times: Any
) -> list[float]:
    """Positive numbers that minimise the absolute errors of the logarithm."""
    import numpy
    from scipy.optimize import minimize

    def loss(logs: Any) -> float:
        predicted = function(numpy.exp(logs), *columns)
        return float(numpy.abs(numpy.log(predicted / times)).mean())

    best = minimize(loss, numpy.log(start), method="Nelder-Mead", options={"maxiter": 600})
    return [float(value) for value in numpy.exp(best.x)]
