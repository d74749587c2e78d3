"""A drag on the Plan page beside planning anew: one visitor, one process, no browser.

    python -m benchmarks.plan_page [--drags 20]

Each drag is a whole run of the page by Streamlit's own test runner: the plan from the kept front,
its totals and times, figures, tables and files. `cpu_ms` is what the process itself computed, which
a busy machine does not lengthen; `of` is the time of a drag divided by that of `cm.plan` for half
of the multiplies, in the same process.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from typing import Any

import costmodel as cm
from costmodel.dashboard.forms.plan_form import DRAG
from costmodel.table import Table

NAMES = ("resnet18", "resnet50", "vgg16")
_PAGE = "from costmodel.dashboard.pages import plan\nplan.page()\n"


def drags(name: str, count: int) -> dict[str, Any]:
    """How long a page of one network takes to open, and a drag on it; and planning anew."""
    from streamlit.testing.v1 import AppTest

    app = AppTest.from_string(_PAGE, default_timeout=300)
    app.query_params["network"] = name
    start = time.perf_counter()
    app.run()
    opened = time.perf_counter() - start
    stops = app.select_slider(key=DRAG).options
    times, computed = [], []
    for turn in range(count):
        app.select_slider(key=DRAG).set_value(stops[(turn + 1) * (len(stops) - 1) // count])
        start, busy = time.perf_counter(), time.process_time()
        app.run()
        times.append(time.perf_counter() - start)
        computed.append(time.process_time() - busy)
        assert not app.exception
    network = cm.load(name)
    start = time.perf_counter()
    cm.plan(network, {"macs": "50%"})
    anew = time.perf_counter() - start
    middle = statistics.median(times)
    return {
        "network": name,
        "opened_s": opened,
        "drag_ms": 1e3 * middle,
        "cpu_ms": 1e3 * statistics.median(computed),
        "slowest_ms": 1e3 * max(times),
        "plan_ms": 1e3 * anew,
        "of": middle / anew,
    }


def main(arguments: list[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--drags", type=int, default=20)
    options = parser.parse_args(arguments)
    rows = [drags(name, options.drags) for name in NAMES]
    print(Table(tuple(rows[0]), rows).to_text(), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
