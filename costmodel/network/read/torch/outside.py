"""What a capture does not see by itself: threads of a forward, and numbers that it takes out.

A dispatch mode sees the operators of its own thread. Threads that the forward starts, and work that
it hands to a pool of threads, run under a mode of their own. Numbers that go to NumPy or to Python
are out of reach: a row says where they went.
"""

from __future__ import annotations

import contextlib
import copy
import functools
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Any

from torch import Tensor

from costmodel.network.read.torch.recorder import Recorder
from costmodel.network.read.torch.tensors import shape_of

#: Methods that hand a tensor's numbers to whoever is not PyTorch.
EXITS = ("numpy", "__array__", "__dlpack__", "data_ptr", "tolist")
#: Those of them with which lists of integers and addresses are looked at without a product.
_FLOATS_ONLY = frozenset(("data_ptr", "tolist"))


@contextlib.contextmanager
def outside_seen(
    recorder: Recorder, mode: Callable[[Recorder], AbstractContextManager[Any]]
) -> Iterator[None]:
    """Follow a forward of this thread out of it.

    Args:
        recorder: where this thread's operations go.
        mode: makes the mode that another thread runs under.

    Raises:
        Exception: what a thread of the forward has raised, at the end.
    """
    inside = {threading.get_ident(): recorder}
    failed: list[Exception] = []
    with _threads(inside, mode, failed), _exits(inside):
        try:
            yield
        except Exception as error:
            raise (failed[0] if failed else error) from None
        finally:
            recorder.over = True
    if failed:
        raise failed[0]


@contextlib.contextmanager
def _threads(
    inside: dict[int, Recorder],
    mode: Callable[[Recorder], AbstractContextManager[Any]],
    failed: list[Exception],
) -> Iterator[None]:
    start, submit = threading.Thread.start, ThreadPoolExecutor.submit

    def captured(function: Callable[..., Any], recorder: Recorder) -> Callable[..., Any]:
        """A function under a mode of its own, in whichever thread it runs."""
        own = copy.copy(recorder)  # shares the lists, goes its own way through the modules

        def run(*args: Any, **kwargs: Any) -> Any:
            if recorder.over:
                return function(*args, **kwargs)
            inside[threading.get_ident()] = own
            try:
                with mode(own):
                    return function(*args, **kwargs)
            finally:
                del inside[threading.get_ident()]

        return run

    def starting(thread: threading.Thread) -> None:
        recorder = inside.get(threading.get_ident())
        if recorder is not None:
            run = captured(thread.run, recorder)

            def quiet() -> None:
                try:
                    run()
                except Exception as error:  # raised where the forward ends, not printed by a thread
                    failed.append(error)

            thread.run = quiet  # type: ignore[method-assign]
        start(thread)

    def submitting(pool: ThreadPoolExecutor, /, task: Any, *args: Any, **kwargs: Any) -> Any:
        recorder = inside.pop(threading.get_ident(), None)  # the pool's own threads are not ours
        if recorder is None:
            return submit(pool, task, *args, **kwargs)
        try:
            return submit(pool, captured(task, recorder), *args, **kwargs)
        finally:
            inside[threading.get_ident()] = recorder

    setattr(threading.Thread, "start", starting)  # noqa: B010 - mypy takes no other assignment
    setattr(ThreadPoolExecutor, "submit", submitting)  # noqa: B010
    try:
        yield
    finally:
        setattr(threading.Thread, "start", start)  # noqa: B010
        setattr(ThreadPoolExecutor, "submit", submit)  # noqa: B010


@contextlib.contextmanager
def _exits(inside: dict[int, Recorder]) -> Iterator[None]:
    own = {name: vars(Tensor).get(name) for name in EXITS}  # the others come from the base class
    leaving: set[int] = set()

    def watched(name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(method)  # PyTorch finds a method that is overridden by its name
        def call(tensor: Tensor, /, *args: Any, **kwargs: Any) -> Any:
            thread = threading.get_ident()
            recorder = inside.get(thread)
            if recorder is None or recorder.over or thread in leaving:
                return method(tensor, *args, **kwargs)
            leaving.add(thread)  # one of these methods may call another
            try:
                out = method(tensor, *args, **kwargs)
            finally:
                leaving.discard(thread)
            if name not in _FLOATS_ONLY or tensor.is_floating_point() or tensor.is_complex():
                with recorder.lock:
                    held = recorder.claim(tensor, "other")
                    shape = shape_of(tensor)
                    recorder.add(
                        "other", f"Tensor.{name}", suffix=name, parameters=held, shape=shape
                    )
            return out

        return call

    for name in EXITS:
        setattr(Tensor, name, watched(name, getattr(Tensor, name)))
    try:
        yield
    finally:
        for name, method in own.items():
            if method is None:
                delattr(Tensor, name)
            else:
                setattr(Tensor, name, method)
