"""What the commands about time share: `--time`, the machine's options, the store, a bar.

Counting commands have `--time` too: what it needs is imported where it is asked for.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from costmodel.cli.options import integer, say

if TYPE_CHECKING:
    from costmodel.timing.comparison import Timed
    from costmodel.timing.machine import Machine

_EVERY = 0.2  # seconds
_WIDTH = 24  # characters of the bar


def add_time(parser: argparse.ArgumentParser) -> argparse._ArgumentGroup:
    """`--time`, of the commands that count, and where the times are; the group is returned."""
    group = parser.add_argument_group("time")
    group.add_argument(
        "--time",
        action="store_true",
        help="measured and predicted times of this machine, which `calibrate` has measured",
    )
    add_answering(group)
    return group


def add_store(parser: argparse._ActionsContainer) -> None:
    """`--store`."""
    parser.add_argument(
        "--store", metavar="FILE", help="where times are kept [in the user's data folder]"
    )


def add_answering(parser: argparse._ActionsContainer) -> None:
    """Whose times answer, and where they are."""
    parser.add_argument(
        "--machine",
        metavar="NAME",
        help="whose times; `timings` lists them [this processor on one thread]",
    )
    add_store(parser)


def add_machine(parser: argparse.ArgumentParser) -> None:
    """On what to measure, or to predict for."""
    group = parser.add_argument_group("machine")
    group.add_argument("--device", default="cpu", help="cpu or cuda [cpu]")
    group.add_argument("--threads", type=integer, default=1, help="of one operation, on a CPU [1]")
    group.add_argument("--dtype", default="float32", help="of weights and activations [float32]")
    group.add_argument("--channels-last", action="store_true", help="channels innermost in memory")
    group.add_argument("--compile", action="store_true", help="by torch.compile")
    add_store(group)


def machine_of(args: argparse.Namespace) -> Machine:
    """This machine, with the options."""
    from costmodel.timing.machine import this_machine

    return this_machine(
        args.device,
        threads=args.threads,
        dtype=args.dtype,
        channels_last=args.channels_last,
        compiled=args.compile,
    )


def opened_of(args: argparse.Namespace) -> Timed:
    """The times that `--machine` and `--store` mean."""
    from costmodel.timing.comparison import Timed
    from costmodel.timing.opened import open_times

    opened = open_times(args.store, args.machine)
    say(args, *opened.said)
    return Timed(opened)


def progress_of(args: argparse.Namespace) -> Callable[[int, int], None] | None:
    """A bar with the time left on stderr, where somebody is looking at it; else None."""
    if args.quiet or not sys.stderr.isatty():
        return None
    start = time.monotonic()
    shown = [0.0]

    def progress(done: int, whole: int) -> None:
        now = time.monotonic()
        if done < whole and now - shown[0] < _EVERY:
            return
        shown[0] = now
        left = round((now - start) / done * (whole - done))
        bar = "█" * (_WIDTH * done // whole)
        end = "\n" if done == whole else ""
        text = f"\rcostmodel: {bar:░<{_WIDTH}} {done}/{whole}, {left // 60}:{left % 60:02} left "
        print(text, end=end, file=sys.stderr, flush=True)

    return progress
