"""Hostile visitors: what twenty others notice while one opens designs that are bombs.

    python -m benchmarks.hostile [--sessions 20] [--seconds 20]

The same visitors act on the Compare page twice, on the same server: alone, and beside one who opens
Design again and again with sizes and formulas that never end. Files and checks are not sent here:
tests/fuzz and tests/dashboard/state have those.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from benchmarks._server import SECONDS, Server, serving
from benchmarks._visitors import Session, crowd
from costmodel.table import Table

_CHAIN = "; ".join(
    f"{a}={b}*{b}" for a, b in zip("abcdefgopqstuv", "nabcdefgopqstuv", strict=False)
)
_HEAVY = ",".join(f"max((m+{i}*n)^9,n^9,h^9*w*{i + 1},w^{i})" for i in range(8))
#: What the hostile visitor opens, one after the other.
BOMBS = [
    {"stages": "m, v m -> v\nv, n v -> n", "where": _CHAIN},
    {"stages": "m, n m -> n @ macs=((((m+n-h)^9)^9)^9)^9"},
    {"stages": f"m, n m -> n @ macs=min({_HEAVY})"},
    {"stages": "m, n m -> n @ macs=" + "*".join(f"(m+{i}*n+h)" for i in range(6))},
    {"stages": "{ m, m i j -> m }^900000\nm, n m -> n", "m": "1", "n": "1"},
]


async def attack(server: Server, end: float) -> int:
    """Open the bombs in turn until the end, each in a session of its own; how many were opened."""
    from streamlit.proto.BackMsg_pb2 import BackMsg
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
    from websockets.asyncio.client import connect
    from websockets.typing import Origin, Subprotocol

    address, opened = server.url.replace("http:", "ws:") + "/_stcore/stream", 0
    while time.perf_counter() < end:
        async with connect(
            address,
            origin=Origin(server.url),
            subprotocols=[Subprotocol("streamlit")],
            max_size=None,
        ) as socket:
            message = BackMsg()
            message.rerun_script.query_string = urlencode(BOMBS[opened % len(BOMBS)])
            message.rerun_script.page_name = "design"
            await socket.send(message.SerializeToString())
            while time.perf_counter() < end:
                answer = ForwardMsg()
                answer.ParseFromString(await asyncio.wait_for(socket.recv(), SECONDS))
                if answer.WhichOneof("type") == "script_finished":
                    break
        opened += 1
    return opened


async def beside(server: Server, sessions: int, seconds: float) -> tuple[list[Session], int]:
    """The visitors with the hostile one among them."""
    end = time.perf_counter() + 2 * sessions * 0.2 + 5 + seconds
    hostile = asyncio.create_task(attack(server, end))
    visitors, _, _ = await crowd(server, sessions, seconds)
    return visitors, await hostile


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the times of both, and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--sessions", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=20.0)
    options = parser.parse_args(arguments)
    rows: list[dict[str, Any]] = []
    with serving("app.py") as server:
        server.wait()
        alone, _, _ = asyncio.run(crowd(server, options.sessions, options.seconds))
        before = server.memory()
        others, opened = asyncio.run(beside(server, options.sessions, options.seconds))
        grown = server.memory() - before
    tails = []
    for name, visitors in (("alone", alone), ("beside a hostile one", others)):
        times = sorted(1000 * t for one in visitors for t in one.times)
        tails.append(times[int(len(times) * 0.95)])
        errors = sum(len(one.errors) for one in visitors)
        note = f"{len(times)} actions of {options.sessions} visitors, {errors} errors"
        for what, value in (("median", statistics.median(times)), ("95th percentile", tails[-1])):
            rows.append(
                {
                    "figure": f"rerun, {what}, {name}",
                    "value": round(value),
                    "unit": "ms",
                    "note": note,
                }
            )
    rows += [
        {"figure": "95th percentile, ratio", "value": round(tails[1] / tails[0], 2), "unit": "×"},
        {"figure": "bombs opened", "value": opened, "unit": ""},
        {"figure": "server's memory, grown by", "value": round(grown), "unit": "MiB"},
    ]
    print(Table(["figure", "value", "unit", "note"], rows).to_text(), end="")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
