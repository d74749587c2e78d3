"""Trees on top of the readable model: they learn by how much it is wrong, and where."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from costmodel.errors import MissingDependencyError
from costmodel.timing.convolution import Convolution
from costmodel.timing.model.baselines import Linear, PerClass
from costmodel.timing.model.features import matrix
from costmodel.timing.model.forest import Forest

_SEED = 0


class Trees:
    """The linear model per class, times what an ensemble says of its error at such features.

    Args:
        learn: makes an ensemble of rows and targets; it has `predict(rows)`.
    """

    def __init__(
        self, learn: Callable[[Any, Any], Any] = Forest.fit, title: str = "extra trees"
    ) -> None:
        self.learn = learn
        self.title = f"linear per class × {title}"

    def fit(self, convolutions: Sequence[Convolution], seconds: Sequence[float]) -> Trees:
        """Fit the linear model, then the ensemble on the logarithms of its errors."""
        import numpy

        self.base = PerClass(Linear).fit(convolutions, seconds)
        expected = self.base.predict(convolutions)
        target = numpy.log(numpy.asarray(seconds) / expected)
        with _one_thread():
            self.ensemble = self.learn(_rows(convolutions, expected), target)
        return self

    def predict(self, convolutions: Sequence[Convolution]) -> Any:
        """Seconds, one per convolution."""
        import numpy

        expected = self.base.predict(convolutions)
        return expected * numpy.exp(self.ensemble.predict(_rows(convolutions, expected)))

    @property
    def arrays(self) -> dict[str, Any]:
        """Everything there is to keep of a model with a forest, by name."""
        return {**self.base.arrays, **self.ensemble.arrays}

    @classmethod
    def of(cls, arrays: Mapping[str, Any]) -> Trees:
        """The inverse of `arrays`; raises `KeyError` where one is missing."""
        made = cls()
        made.base, made.ensemble = PerClass.of(arrays), Forest.of(arrays)
        return made


def boosting(rows: Any, target: Any) -> Any:
    """Gradient boosting, by scikit-learn: for comparison."""
    try:
        from sklearn.ensemble import HistGradientBoostingRegressor
    except ImportError:
        raise MissingDependencyError("scikit-learn", "comparing models", "timing") from None
    return HistGradientBoostingRegressor(
        loss="absolute_error",
        learning_rate=0.06,
        max_iter=400,
        max_leaf_nodes=16,
        min_samples_leaf=6,
        l2_regularization=1.0,
        random_state=_SEED,
    ).fit(rows, target)


def _rows(convolutions: Sequence[Convolution], expected: Any) -> Any:
    import numpy

    return numpy.column_stack([matrix(convolutions), numpy.log2(expected)])


@contextmanager
def _one_thread() -> Iterator[None]:
    """Keep OpenMP on one thread.

    Boosting meets its threads at every split of so small a set; where they share their processors
    with others, they wait for each other ten to thirty times as long as the work takes.
    """
    try:
        from threadpoolctl import threadpool_limits  # scikit-learn requires it
    except ImportError:
        raise MissingDependencyError("scikit-learn", "fitting a model of times", "timing") from None
    with threadpool_limits(1, user_api="openmp"):
        yield
