"""Streamlit servers for the benchmarks: on this machine only, and gone afterwards."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SECONDS = 60
# Whatever other settings say: nothing is opened, reported or reached from elsewhere.
_ALONE = (
    *("--server.headless", "true", "--server.address", "localhost"),
    *("--browser.gatherUsageStats", "false"),
)


class Server:
    """A Streamlit server for one script, on this machine only, with the settings of its folder."""

    def __init__(self, script: str, folder: Path = ROOT) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.started = time.perf_counter()
        arguments = ["-m", "streamlit", "run", script, "--server.port", str(self.port), *_ALONE]
        self.process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://localhost:{self.port}"

    def wait(self) -> None:
        """Until it answers."""
        for _ in range(SECONDS * 20):
            try:
                urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=2).close()
                return
            except OSError:
                time.sleep(0.05)
        raise TimeoutError("the server does not answer")

    def memory(self) -> float:
        """Resident memory in MiB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024

    def seconds(self) -> float:
        """Processor time used so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self) -> None:
        """End it, and only it."""
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextmanager
def serving(script: str, folder: Path = ROOT) -> Iterator[Server]:
    """A server that answers, and is gone afterwards."""
    server = Server(script, folder)
    try:
        yield server
    finally:
        server.stop()
