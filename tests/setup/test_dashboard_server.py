"""The dashboard's server as `make run` starts it: settings, a taken port, health, an end."""

from __future__ import annotations

import re
import shlex
import signal
import socket
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
CONFIG = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())


@pytest.fixture
def taken() -> Iterator[None]:
    """Port 8501 in use, by us unless somebody else is there already."""
    with closing(socket.socket()) as listening:
        # as Streamlit binds it: also where a server was that has just ended
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        for _ in range(300):  # another test's server may be about to end
            try:
                listening.bind(("127.0.0.1", 8501))
                listening.listen()
                break
            except OSError:
                time.sleep(0.1)
        yield


def health_check(port: int) -> list[str]:
    """The container's health check, for this interpreter and another port."""
    (line,) = re.findall(r"HEALTHCHECK.*\\\n +CMD (\[.*\])", (ROOT / "Dockerfile").read_text())
    _, *arguments = [word.rstrip(",") for word in shlex.split(line.strip("[]"))]
    return [sys.executable, *(word.replace("8501", str(port)) for word in arguments)]


def test_a_taken_port_is_no_failure_and_nothing_is_asked(taken: None, tmp_path: Path) -> None:
    server = subprocess.Popen(
        [sys.executable, "-m", "costmodel.dashboard.served.start", "app.py"],
        cwd=ROOT,
        env={"PATH": "", "HOME": str(tmp_path)},  # a first start: no stored answers, no settings
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert server.stdout is not None
        told = ""
        while not (address := re.search(r"URL: http://localhost:(\d+)$", told, re.MULTILINE)):
            line = server.stdout.readline()
            assert line, f"ended before it printed an address:\n{told}"
            told += line
        port = int(address[1])
        assert port > 8501
        assert "mail" not in told
        assert subprocess.run(health_check(port), check=False).returncode == 0
    finally:
        server.send_signal(signal.SIGINT)
        rest, _ = server.communicate()
    assert (server.returncode, rest.split()) == (0, []), "Ctrl+C is how it is stopped: no failure"
    failed = subprocess.run(health_check(port), stderr=subprocess.DEVNULL, check=False)
    assert failed.returncode != 0


def test_a_wrong_call_is_said_as_streamlit_says_it() -> None:
    wrong = subprocess.run(
        [sys.executable, "-m", "costmodel.dashboard.served.start", "app.py", "--no-such-option"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "no-such-option" in wrong.stderr


def test_every_setting_is_one_that_streamlit_knows() -> None:
    from streamlit import config

    known = config.get_config_options()
    ours = [f"{section}.{key}" for section in CONFIG for key in CONFIG[section]]
    nested = ["theme.light", "theme.dark"]
    ours = [name for name in ours if name not in nested] + [
        f"{section}.{key}" for section in nested for key in CONFIG["theme"][section.split(".")[1]]
    ]
    assert [name for name in ours if name not in known] == []


def test_the_look_follows_the_visitor() -> None:
    assert set(CONFIG["theme"]) == {"light", "dark"}, "a bare [theme] would lock the look"


def luminance(colour: str) -> float:
    """Relative luminance of ``#rrggbb`` (WCAG 2.2)."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("look", ["light", "dark"])
def test_text_and_controls_stand_out(look: str) -> None:
    theme = CONFIG["theme"][look]
    for key, least in (("textColor", 7.0), ("linkColor", 4.5), ("primaryColor", 3.0)):
        for ground in ("backgroundColor", "secondaryBackgroundColor"):
            light, dark = sorted((luminance(theme[key]), luminance(theme[ground])), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= least, (key, ground)


def test_every_setting_is_one_that_streamlit_knows_and_no_run_collects_garbage() -> None:
    names = [f"{part}.{name}" for part, own in CONFIG.items() if part != "theme" for name in own]
    code = f"from streamlit import config; print(*map(config.get_option, {names!r}), sep='\\n')"
    told = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    in_force = dict(zip(names, told.stdout.splitlines(), strict=True))
    assert in_force == {name: str(CONFIG[name.split(".")[0]][name.split(".")[1]]) for name in names}
    assert in_force["runner.postScriptGC"] == "False"
