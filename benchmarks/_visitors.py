"""Many visitors at once, without browsers: each speaks Streamlit's own protocol."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from typing import Any

from benchmarks._server import SECONDS, Server
from costmodel import ConvLayer, count
from costmodel.comparing.explain import explain
from costmodel.documents.markdown import literal

LAYER = ConvLayer(kernel=3, in_channels=64, out_channels=128, size=(56, 56))
VALUES = range(1, 10)  # of the slider: b up to k²
PAUSE = 2.0  # seconds between two actions of one visitor


class Session:
    """One visitor, speaking Streamlit's own protocol."""

    def __init__(self, url: str) -> None:
        self.address = url.replace("http:", "ws:") + "/_stcore/stream"
        self.origin = url
        self.slider = ""
        self.times: list[float] = []
        self.errors: list[str] = []

    async def visit(self, until: float, opened: Callable[[], None], start: asyncio.Event) -> None:
        """Open the page, then move the slider every `PAUSE` seconds."""
        from websockets.asyncio.client import connect
        from websockets.typing import Origin, Subprotocol

        async with connect(
            self.address,
            origin=Origin(self.origin),
            subprotocols=[Subprotocol("streamlit")],
            max_size=None,
        ) as socket:
            await self._run(socket, None)
            opened()
            await start.wait()
            await asyncio.sleep(random.uniform(0, PAUSE))
            value = 4
            while time.perf_counter() < until:
                began = time.perf_counter()
                value = random.choice([v for v in VALUES if v != value])
                said = await self._run(socket, value)
                self.times.append(time.perf_counter() - began)
                expected = literal(explain(count("basis", LAYER, b=value)))
                if expected not in said:
                    self.errors.append(f"b = {value}: {said}")
                await asyncio.sleep(max(0, PAUSE - (time.perf_counter() - began)))

    async def _run(self, socket: Any, value: int | None) -> list[str]:
        """One rerun; the sentences that the page says."""
        from streamlit.proto.BackMsg_pb2 import BackMsg
        from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

        message = BackMsg()
        message.rerun_script.query_string = ""
        if value is not None:
            widget = message.rerun_script.widget_states.widgets.add()
            widget.id = self.slider
            widget.double_array_value.data.append(value)
        await socket.send(message.SerializeToString())
        said: list[str] = []
        first = ""  # the page has further sliders below
        while True:
            answer = ForwardMsg()
            answer.ParseFromString(await asyncio.wait_for(socket.recv(), SECONDS))
            kind = answer.WhichOneof("type")
            element = answer.delta.new_element if kind == "delta" else None
            if element is not None and element.HasField("slider"):
                first = self.slider = first or element.slider.id
            if element is not None and element.HasField("markdown"):
                said.append(element.markdown.body)
            if element is not None and element.HasField("exception"):
                self.errors.append(element.exception.message)
            if kind == "script_finished":
                return said


async def crowd(
    server: Server, sessions: int, seconds: float
) -> tuple[list[Session], float, float]:
    """Visitors acting together; with the memory of one of them and the processor's load."""
    warm = Session(server.url)
    await warm.visit(0, lambda: None, _set(asyncio.Event()))
    before = server.memory()
    visitors = [Session(server.url) for _ in range(sessions)]
    start, waiting = asyncio.Event(), [sessions]

    def opened() -> None:
        waiting[0] -= 1
        if not waiting[0]:
            start.set()

    opening = 2 * sessions * 0.2 + 5  # an upper bound; they wait for each other
    until = time.perf_counter() + opening + seconds
    tasks = [asyncio.create_task(one.visit(until, opened, start)) for one in visitors]
    await start.wait()
    used, began = server.seconds(), time.perf_counter()
    for done in asyncio.as_completed(tasks):
        await done
    load = (server.seconds() - used) / (time.perf_counter() - began)
    return visitors, (server.memory() - before) / sessions, load


def _set(event: asyncio.Event) -> asyncio.Event:
    event.set()
    return event
