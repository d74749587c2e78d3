"""Tree ensembles on top of the readable model: they learn by how much it is wrong, and where."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from costmodel.errors import MissingDependencyError
from costmodel.timing.convolution import Convolution
from costmodel.timing.model.baselines import Linear, PerClass
from costmodel.timing.model.features import matrix

_SEED = 0


class Trees:
    """The linear model per class, times what an ensemble says of its error at such features.

    Args:
        kind: "extra trees" or "gradient boosting", both of scikit-learn; "both" is the mean of
            their logarithms.
    """

    def __init__(self, kind: str = "extra trees") -> None:
        self.kind = kind
        self.title = f"linear per class × {kind}"

    def fit(self, convolutions: Sequence[Convolution], seconds: Sequence[float]) -> Trees:
        """Fit the linear model, then the ensemble on the logarithms of its errors."""
        import numpy

        self.base = PerClass(Linear).fit(convolutions, seconds)
        expected = self.base.predict(convolutions)
        target = numpy.log(numpy.asarray(seconds) / expected)
        rows = self._rows(convolutions, expected)
        ensembles = _ensembles(self.kind)
        with _one_thread():
            self.ensembles = [ensemble.fit(rows, target) for ensemble in ensembles]
        return self

    def predict(self, convolutions: Sequence[Convolution]) -> Any:
        """Seconds, one per convolution."""
        import numpy

        expected = self.base.predict(convolutions)
        rows = self._rows(convolutions, expected)
        with _one_thread():
            errors = [ensemble.predict(rows) for ensemble in self.ensembles]
        return expected * numpy.exp(numpy.mean(errors, axis=0))

    @staticmethod
    def _rows(convolutions: Sequence[Convolution], expected: Any) -> Any:
        import numpy

        return numpy.column_stack([matrix(convolutions), numpy.log2(expected)])


@contextmanager
def _one_thread() -> Iterator[None]:
    """Keep OpenMP on one thread.

    Boosting meets its threads at every split of so small a set; where they share their processors
    with others, they wait for each other ten to thirty times as long as the work takes.
    """
    from threadpoolctl import threadpool_limits  # scikit-learn requires it

    with threadpool_limits(1, user_api="openmp"):
        yield


def _ensembles(kind: str) -> list[Any]:
    try:
        from sklearn.ensemble import ExtraTreesRegressor, HistGradientBoostingRegressor
    except ImportError:
        raise MissingDependencyError("scikit-learn", "predicting", "timing") from None
    extra = ExtraTreesRegressor(
        n_estimators=200, min_samples_leaf=1, max_features=0.5, random_state=_SEED, n_jobs=1
    )
    boosting = HistGradientBoostingRegressor(
        loss="absolute_error",
        learning_rate=0.06,
        max_iter=400,
        max_leaf_nodes=16,
        min_samples_leaf=6,
        l2_regularization=1.0,
        random_state=_SEED,
    )
    return {
        "extra trees": [extra],
        "gradient boosting": [boosting],
        "both": [extra, boosting],
    }[kind]
