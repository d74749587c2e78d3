"""Forest: decision trees as flat arrays, which load in a millisecond and need NumPy only.

scikit-learn fits the trees; what they say is worked out here, for a model that was fitted just now
as for one that was kept, so that both say the same number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from costmodel.errors import InputError, MissingDependencyError

TREES = 48
_SEED = 0


@dataclass(frozen=True, eq=False)
class Forest:
    """Trees one after the other, a place in the arrays per node.

    feature: which feature a node asks about. value: the largest one that goes left; at a leaf, what
    the tree says. left, right: places of the children, counted from the tree's first node; a leaf
    is its own child. starts: the place of each tree's first node.
    """

    feature: Any
    value: Any
    left: Any
    right: Any
    starts: Any

    @classmethod
    def fit(cls, rows: Any, target: Any) -> Forest:
        """Extremely randomised trees (Geurts, Ernst and Wehenkel, 2006), learnt by scikit-learn.

        Args:
            rows: features, shape (n, features). target: n numbers.

        Raises:
            MissingDependencyError: scikit-learn is not installed.
        """
        import numpy

        try:
            from sklearn.ensemble import ExtraTreesRegressor
        except ImportError:
            raise MissingDependencyError(
                "scikit-learn", "fitting a model of times", "timing"
            ) from None
        found = ExtraTreesRegressor(
            n_estimators=TREES,
            min_samples_split=4,
            max_features=0.8,
            random_state=_SEED,
            n_jobs=1,
        ).fit(rows, target)
        trees = [estimator.tree_ for estimator in found.estimators_]
        counts = [tree.node_count for tree in trees]
        each: dict[str, list[Any]] = {"feature": [], "value": [], "left": [], "right": []}
        for tree in trees:
            own, leaf = numpy.arange(tree.node_count), tree.children_left < 0
            each["feature"].append(numpy.where(leaf, 0, tree.feature))
            # a feature is single precision there: so is the last of them that goes left
            threshold = _not_above(tree.threshold)
            each["value"].append(numpy.where(leaf, tree.value[:, 0, 0], threshold))
            each["left"].append(numpy.where(leaf, own, tree.children_left))
            each["right"].append(numpy.where(leaf, own, tree.children_right))
        if max(counts) > 2**16 or rows.shape[1] > 2**8:
            raise InputError(
                f"a tree of {max(counts)} nodes for {rows.shape[1]} features; allowed are "
                f"{2**16} and {2**8}"
            )
        types = {"feature": "u1", "value": "f4", "left": "u2", "right": "u2"}
        flat = {name: numpy.concatenate(each[name]).astype(types[name]) for name in each}
        return cls(starts=numpy.cumsum([0, *counts[:-1]]).astype("i4"), **flat)

    @classmethod
    def of(cls, arrays: Mapping[str, Any]) -> Forest:
        """The inverse of `arrays`; raises `KeyError` where one is missing."""
        return cls(**{name: arrays[name] for name in cls.__dataclass_fields__})

    @property
    def arrays(self) -> dict[str, Any]:
        """Everything there is to keep, by name."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    def predict(self, rows: Any) -> Any:
        """The mean of what the trees say, one number per row."""
        import numpy

        rows = numpy.asarray(rows, dtype="f4")
        first = numpy.broadcast_to(self.starts.astype("i8"), (len(rows), len(self.starts)))
        each, here = numpy.arange(len(rows))[:, None], first
        while True:
            goes_left = rows[each, self.feature[here]] <= self.value[here]
            below = first + numpy.where(goes_left, self.left[here], self.right[here])
            if (below == here).all():
                return self.value[here].mean(axis=1, dtype=float)
            here = below


def _not_above(numbers: Any) -> Any:
    """The largest numbers of single precision that are not above these."""
    import numpy

    single = numbers.astype("f4")
    return numpy.where(single > numbers, numpy.nextafter(single, numpy.float32(-numpy.inf)), single)
