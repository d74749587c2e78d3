"""Open the times that answer a question: of a machine by its name, and the model of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from costmodel.comparing.compare import Comparison
from costmodel.core.bound import BoundVariant
from costmodel.errors import InputError
from costmodel.timing.case import Case
from costmodel.timing.convolution import convolutions
from costmodel.timing.kept import model_of
from costmodel.timing.machines import SHIPPED, chosen, is_usual, own_name
from costmodel.timing.model.intervals import Prediction
from costmodel.timing.model.predictor import Predictor
from costmodel.timing.sessions import machines
from costmodel.timing.store import shipped
from costmodel.timing.store.database import Store


@dataclass(frozen=True)
class Opened:
    """Times of one machine.

    name: what `--machine` knows it by. path: the store that has them, None where they are shipped.
    said: sentences for whoever asked: that nothing was chosen, that a model was fitted anew.
    """

    predictor: Predictor
    name: str
    path: str | None = None
    said: tuple[str, ...] = ()

    @property
    def note(self) -> str:
        """Whose times they are, for below a table."""
        where = ", shipped with the project: not of this machine" * (self.path is None)
        return f"Times on {self.predictor.machine}{where}."

    def measured(self, bounds: Sequence[BoundVariant]) -> list[float | None]:
        """The least seconds that variants on a layer took where they were timed, else None."""
        if self.path is None:
            return [None] * len(bounds)
        cases = [Case(b.layer, b.variant.id, tuple(sorted(dict(b.hyper).items()))) for b in bounds]
        with Store(self.path, create=False) as store:
            return [store.least(self.predictor.machine, case) for case in cases]

    def estimates(self, comparison: Comparison) -> Estimates:
        """Seconds with intervals of every variant of a comparison."""
        run = [variant.id for variant in comparison.variants if not variant.algorithm_of]
        found = self.predictor.totals(convolutions(comparison.counts[id].bound) for id in run)
        return Estimates(dict(zip(run, found, strict=True)), self)


def open_times(path: str | None = None, machine: str | None = None) -> Opened:
    """The times of a machine, from a store or from those that come with the project.

    Args:
        path: of the store; None is the user's own.
        machine: its name; None is this processor on one thread, or the only one in the store.

    Raises:
        InputError: there is no store, no calibrated machine in it, or none of that name.
    """
    by_name = {SHIPPED + name: name for name in shipped.names()}
    if machine in by_name:
        return Opened(shipped.model_of(by_name[machine]), machine)
    try:
        with Store(path, create=False) as store:
            known = machines(store)
            if not known:
                raise InputError(
                    f"no machine is calibrated in {store.path!r}; `costmodel calibrate` measures "
                    "this one"
                )
            which = chosen(known, machine, repr(store.path))
            found = model_of(store, which)
            name = own_name(which, known)
            said = [f"a model was fitted to the times of {name}, which have changed"]
            said = said * found.refitted
            if machine is None and not is_usual(which):
                said.append(f"the times are of {name}, the only machine in {store.path!r}")
            return Opened(found.predictor, name, store.path, tuple(said))
    except InputError as error:
        others = " or ".join(f"`--machine {name}`" for name in by_name)
        raise InputError(f"{error}; {others} asks for shipped times") from None


def open_any(path: str | None = None, machine: str | None = None) -> Opened:
    """The times of this machine where it is calibrated, else of the first shipped one.

    Args:
        path, machine: as of `open_times`; a machine that is named is not replaced by another one.

    Raises:
        InputError: an unknown machine, or no times at all.
    """
    try:
        return open_times(path, machine)
    except InputError:
        if machine is not None or not shipped.names():
            raise
        return open_times(path, SHIPPED + shipped.names()[0])


@dataclass(frozen=True)
class Estimates:
    """What the variants of a comparison take.

    by_variant: seconds with an interval, by id; an algorithm of another variant has none. opened:
    whose times say so.
    """

    by_variant: Mapping[str, Prediction]
    opened: Opened


def estimates(
    comparison: Comparison, path: str | None = None, machine: str | None = None
) -> Estimates:
    """What every variant of a comparison takes, with intervals.

    Neither torch nor scikit-learn is imported, unless the times have changed since a model was
    fitted to them.

    Args:
        path, machine: as of `open_any`, which says whose times they are.

    Raises:
        InputError: an unknown machine, or no times at all.
    """
    return open_any(path, machine).estimates(comparison)
