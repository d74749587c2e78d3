"""`sweep`: a design space of any size, as rows, files, fronts and summaries."""

from __future__ import annotations

import argparse
import sys
import time
from typing import Any

from costmodel.cli.options import (
    ByName,
    add_conventions,
    add_layer,
    add_output,
    add_settings,
    argument,
    conventions_of,
    emit,
    ids,
    integer,
    names,
    refuse,
    say,
)
from costmodel.comparing.compare import choose_metrics
from costmodel.core.layer_text import LAYER_OPTIONS, input_size
from costmodel.core.variant import VARIANTS
from costmodel.errors import InputError, install_command
from costmodel.metrics.metric import METRICS
from costmodel.table import FORMATS, Table
from costmodel.typed import read_pair

HELP = "a design space of any size: rows, the front that nobody beats, the cheapest, summaries"
EXAMPLES = (
    "costmodel sweep -m 64 -n 128 --size 56x56 --variants basis --over basis.b=1:9",
    "costmodel sweep -m 64 --variants basis,tucker2 --over n=64,128,256 --over size=14,28,56x48 "
    "--over b=1:9 --over r1=8:64:8 --where 'macs<=2e8' -o cells.parquet",
    "costmodel sweep -m 64 --variants basis --over n=8:4096:8 --over size=7:224 --over b=1:64 "
    "-o s3://bucket/cells/ --scheduler tcp://head:8786",
    "costmodel sweep -n 256 --size 28x28 --variants channel_svd,cp --over m=64:512:64 "
    "--over r=8:512:8 --where 'params>=10000' --front macs,params --format table",
    "costmodel sweep -m 64 -n 128 --size 28x28 --variants basis,cp --over b=1:9 --over r=8:64:8 "
    "--front macs,-accuracy --join accuracies.csv",
)
_LINES = ("csv", "jsonl")
_ROWS = (*_LINES, "parquet", "arrow")
_MOST = 100_000  # rows of a table that is made as a whole


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "--over",
        dest="axes",
        action=ByName,
        type=argument(read_pair),
        default={},
        metavar="NAME=VALUES",
        help="what varies, the last one fastest: n=64,128 or out_channels=8:512:8 (both ends), "
        "size=14,28x20, b=1:9 of every variant that has it, tucker2.r1=m/8,m/4 of one",
    )
    add_layer(parser, required=False)
    parser.add_argument(
        "--variants", type=ids, help="ids separated by commas [those with the letters, or all]"
    )
    parser.add_argument("--metrics", type=names, help="keys separated by commas, or all")
    parser.add_argument(
        "--where",
        action="append",
        default=[],
        metavar="CONDITION",
        help="only rows with macs<=2e8, r1<r2, …; may be repeated",
    )
    parser.add_argument("--columns", type=names, help="these alone, in this order")
    add_settings(parser)
    add_conventions(parser)
    reduce = parser.add_argument_group("instead of all rows")
    what = reduce.add_mutually_exclusive_group()
    what.add_argument(
        "--front", type=names, metavar="METRICS", help="those that no other one beats in up to four"
    )
    what.add_argument("--least", metavar="METRIC", help="those with its least values")
    what.add_argument("--count", action="store_true", help="how many there are")
    what.add_argument(
        "--group", type=names, metavar="NAMES", help="least and greatest per variant,n,…"
    )
    reduce.add_argument(
        "--join",
        metavar="FILE",
        help="columns of your own for --front, by the rows' variant, b, …: CSV with an accuracy, "
        "say; only rows that it has count, and more of -accuracy is better",
    )
    reduce.add_argument("--top", type=integer, default=1, help="how many with --least [1]")
    reduce.add_argument(
        "--quantiles", type=names, metavar="0.5,0.9", help="of each group, with --group"
    )
    how = parser.add_argument_group("how it is run")
    how.add_argument("--workers", type=integer, default=0, help="threads [one per core]")
    how.add_argument("--scheduler", metavar="ADDRESS", help="of a Dask cluster, instead of threads")
    how.add_argument(
        "--resume", action="store_true", help="go on where a run with this -o was stopped"
    )
    add_output(parser, (*FORMATS, "arrow"))


def run(args: argparse.Namespace) -> int:
    """Print or write the rows, or what they come to."""
    _check(args)
    from costmodel.sweeping.running import runner
    from costmodel.sweeping.space import space
    from costmodel.sweeping.sweep import Sweep

    asked = "all" if args.metrics == ["all"] else args.metrics
    front = args.front or ()
    if args.join:  # the others are columns of the file
        front = [name for name in front if name in METRICS]
    picked = [*front, *([args.least] if args.least else [])]
    shown = tuple(dict.fromkeys((*choose_metrics(asked), *choose_metrics(picked))))
    chosen = space(
        _variants(args),
        _facts(args),
        args.axes,
        [metric.key for metric in shown],
        where=args.where,
        columns=args.columns,
        settings=conventions_of(args, shown),
        hyper=args.settings,
    )
    found = Sweep(chosen, runner(args.workers, args.scheduler or ""))
    table = _reduced(found, args)
    if table is not None:
        emit(table, args)
    else:
        _rows(found, args)
    return 0


def _check(args: argparse.Namespace) -> None:
    """Refuse options that have no effect in this call; a folder is Parquet unless typed."""
    from costmodel.sweeping.sweep import is_folder

    if not args.axes:
        raise InputError("nothing varies; allowed is --over NAME=VALUES, once or more")
    if not args.least:
        refuse(args, ["--top"], "without --least; allowed is --least METRIC --top N")
    if not args.front:
        refuse(args, ["--join"], "without --front; allowed is --front macs,-accuracy --join FILE")
    if args.join:
        refuse(args, ["--resume"], "with --join; allowed is one of them")
    if not args.group:
        refuse(args, ["--quantiles"], "without --group; allowed is --group NAMES --quantiles 0.5")
    if args.count or args.group:
        refuse(args, ["--columns"], "with --count or --group, which have columns of their own")
    if args.count:
        refuse(args, ["--metrics"], "with --count; allowed is --where, which needs none")
    if args.scheduler:
        refuse(args, ["--workers"], "with --scheduler; allowed is one of them")
    rows = not (args.front or args.least or args.count or args.group)
    if args.output and is_folder(args.output) and rows and "--format" not in args.typed:
        args.format = "parquet"
    if args.resume and (args.output in (None, "-") or (rows and args.format not in _ROWS)):
        raise InputError(
            f"--resume without a file; allowed is -o FILE, for rows as {', '.join(_ROWS)}"
        )
    if args.group:
        refuse(args, ["--resume"], "with --group; allowed is it with --front, --least or rows")
    if not rows and args.format == "arrow":
        raise InputError("--format arrow of a reduction; allowed is parquet, or any text")
    taken = [name for name in args.settings if name in args.axes]
    if taken:
        raise InputError(f"{taken[0]} in --set and in --over; allowed is one of them")


def _variants(args: argparse.Namespace) -> list[str]:
    if args.variants:
        return list(args.variants)
    wanted = {name.rpartition(".") for name in args.axes}
    having = [
        variant.id
        for variant in VARIANTS.values()
        if any(letter in variant.hyper and owner in ("", variant.id) for owner, _, letter in wanted)
    ]
    return having or list(VARIANTS)


def _facts(args: argparse.Namespace) -> dict[str, Any]:
    """The fields of the layer that were given; those that vary need not be."""
    from costmodel.sweeping.over import Over, called

    varying = {field for name in args.axes for field in Over(called(name), ()).fields}
    typed = [option for option in LAYER_OPTIONS if option.field in varying]
    flags = [option.flags[-1] for option in typed]
    refuse(args, flags, "and in --over; allowed is one of them")
    missing = [
        option.flags[-1]
        for option in LAYER_OPTIONS
        if option.field not in varying and getattr(args, option.field) is None
    ]
    if missing:
        raise InputError(f"{', '.join(missing)} is missing; allowed is a value, or --over")
    facts = {o.field: getattr(args, o.field) for o in LAYER_OPTIONS if o.field not in varying}
    if "size" in facts:
        return {**facts, "size": input_size(facts["size"], args.dims)}
    return {**facts, "dims": args.dims}


def _reduced(found: Any, args: argparse.Namespace) -> Table | None:
    from costmodel.sweeping.compiling import has_numba
    from costmodel.sweeping.reducing import COMPILED_FROM

    if (args.front or args.least or args.count) and found.points >= COMPILED_FROM:
        slower = "without Numba, NumPy counts, some ten times slower: "
        slower += install_command("numba", "sweep")
        say(args, *([] if has_numba() else [slower]))
    progress = _Progress(args, found.points)
    kept = args.output if args.output not in (None, "-") else ""
    how = {"progress": progress.points, "kept": kept, "resume": args.resume}
    try:
        if args.join:
            from costmodel.files import read_text
            from costmodel.sweeping.joining import front_of, joined

            return front_of(joined(found, read_text(args.join)), args.front)
        if args.front:
            return found.front(*args.front, **how)
        if args.least:
            return found.least(args.least, args.top, **how)
        if args.count:
            return found.count(**how)
        if args.group:
            return found.summary(*args.group, quantiles=args.quantiles or ())
    finally:
        progress.end()
    return None


def _rows(found: Any, args: argparse.Namespace) -> None:
    if args.format not in _ROWS:
        table = found.to_table(_MOST + 1)
        if len(table) > _MOST:
            raise InputError(
                f"more than {_MOST:,} rows as {args.format}; allowed for so many are "
                f"{', '.join(_ROWS)}"
            )
        emit(table, args)
        return
    progress = _Progress(args, found.points)
    try:
        if args.output not in (None, "-"):
            written = found.write(
                args.output, args.format, resume=args.resume, progress=progress.written
            )
        elif args.format not in _LINES:
            raise InputError(f"{args.format} on standard output; allowed is -o FILE, or csv, jsonl")
        elif sys.stdout is None:
            raise InputError("standard output is closed; allowed is an open one, or -o FILE")
        else:
            sys.stdout.flush()
            written = found.stream(_stdout(), args.format, progress.written)
    finally:
        progress.end()
    left = {"fit no layer": written.misfits, "do not meet --where": written.outside}
    reasons = " and ".join(f"{count:,} points {why}" for why, count in left.items() if count)
    say(args, *([f"{written.rows:,} rows; {reasons} and are left out"] if reasons else []))


def _stdout() -> Any:
    """Standard output for bytes, also where it is only for text."""
    if hasattr(sys.stdout, "buffer"):
        return sys.stdout.buffer

    class Text:
        def write(self, data: bytes) -> int:
            return sys.stdout.write(data.decode())

    return Text()


class _Progress:
    """How far a run is, at most twice a second, on a terminal only."""

    def __init__(self, args: argparse.Namespace, points: int) -> None:
        self.shown = not args.quiet and sys.stderr.isatty()
        self.all, self.start, self.last, self.drawn = points, time.monotonic(), 0.0, False
        self.first: int | None = None

    def written(self, written: Any) -> None:
        """After a block of rows."""
        self.points(written.points)

    def points(self, done: int) -> None:
        """After so many points."""
        now = time.monotonic()
        if self.first is None:
            self.first, self.start = done, now
        if not self.shown or now - self.last < 0.5:
            return
        self.last, self.drawn = now, True
        rate = (done - self.first) / (now - self.start) if now > self.start else 0
        left = f", {_duration((self.all - done) / rate)} left" if rate else ""
        share = 100 * done / self.all if self.all else 100
        print(
            f"\rcostmodel: {share:.1f} % of {self.all:,} points, {rate / 1e6:.3g} M/s{left}   ",
            end="",
            file=sys.stderr,
        )

    def end(self) -> None:
        """Leave the line."""
        if self.drawn:
            print(file=sys.stderr)


def _duration(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}"
