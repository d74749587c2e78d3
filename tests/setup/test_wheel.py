"""The package as others install it: a wheel in a folder, far from the checkout."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which pip has put the wheel, and nothing else."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    target = folder / "installed"
    pip = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-index", "--quiet"]
    subprocess.run([*pip, "--target", str(target), str(wheel)], cwd=folder, check=True)
    return target


def environment(installed: Path, **more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(installed), **more}


def run(installed: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    """A command of the installed package, run beside it."""
    return subprocess.run(
        [sys.executable, *words],
        cwd=installed.parent,
        env=environment(installed, **more),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_wheel_brings_its_data_and_types_along(installed: Path) -> None:
    package = installed / "costmodel"
    networks = {path.name for path in (ROOT / "data" / "networks").iterdir()}
    assert networks
    assert {path.name for path in (package / "data" / "networks").iterdir()} == networks
    assert (package / "py.typed").is_file()
    where = run(installed, "-c", "import costmodel; print(costmodel.__file__)").stdout
    assert where.startswith(str(installed))
    ran = run(installed, str(installed / "bin" / "costmodel"), "network", "resnet18")
    assert ran.stdout.splitlines()[-1].startswith("total,,11689512,1814073344"), ran.stderr


BLOCKER = """
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "pandas":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Missing())
"""


def test_a_missing_package_is_asked_for_by_its_own_name(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(BLOCKER)
    path = os.pathsep.join([str(tmp_path), str(installed)])
    words = ["-m", "costmodel", "compare", "-m", "6", "-n", "10", "--size", "9x11"]
    ran = run(installed, *words, "--format", "parquet", PYTHONPATH=path)
    assert ran.returncode == 3
    said = ran.stderr.rstrip("\n").partition("pip install ")[2]
    assert sorted(shlex.split(said)) == sorted(PROJECT["optional-dependencies"]["app"])
    code = "from costmodel.errors import install_command as c; print(c('distributed', 'cluster'))"
    told = shlex.split(run(installed, "-c", code).stdout)
    assert told[:2] == ["pip", "install"]
    extras = PROJECT["optional-dependencies"]  # that of clusters has the one of sweeps in it
    cluster = [each for each in extras["cluster"] if "[" not in each]
    assert sorted(told[2:]) == sorted([*cluster, *extras["sweep"]])


def test_the_settings_of_the_page_come_along(installed: Path) -> None:
    code = "from costmodel.dashboard.served.installed import arguments; print(*arguments())"
    page, *options = run(installed, "-c", code).stdout.split()
    assert page == str(installed / "costmodel/dashboard/served/app.py")
    settings = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())
    assert f"--server.address={settings['server']['address']}" in options
    assert [o for o in options if o.startswith("--server.allowedHosts")] == [
        f"--server.allowedHosts={name}" for name in settings["server"]["allowedHosts"]
    ]
    assert f"--theme.dark.textColor={settings['theme']['dark']['textColor']}" in options
    assert "--browser.gatherUsageStats=false" in options


@pytest.fixture
def address(installed: Path, tmp_path: Path) -> Iterator[str]:
    """The dashboard as `costmodel dashboard` starts it, on whatever port is free."""
    server = subprocess.Popen(
        [sys.executable, "-m", "costmodel", "dashboard", "--", "--client.toolbarMode", "viewer"],
        cwd=tmp_path,
        env=environment(installed, HOME=str(tmp_path)),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert server.stdout is not None
        told = ""
        while not (found := re.search(r"URL: (http://localhost:\d+)$", told, re.MULTILINE)):
            line = server.stdout.readline()
            assert line, f"ended before it printed an address:\n{told}"
            told += line
        yield found[1]
    finally:
        server.send_signal(signal.SIGINT)
        server.communicate()
    assert server.returncode == 0


@pytest.mark.browser
def test_the_dashboard_of_a_wheel_is_the_page(address: str, chromium: Any) -> None:
    page = chromium.new_page(color_scheme="light")
    page.set_default_timeout(60_000)
    page.goto(address)
    page.locator("h1").first.wait_for()
    page.get_by_test_id("stPlotlyChart").first.wait_for()
    # the project's own settings came along: its colours are those of .streamlit
    ground = page.evaluate(
        "getComputedStyle(document.querySelector('[data-testid=stSidebar]')).backgroundColor"
    )
    assert ground == "rgb(243, 246, 249)"
    page.close()
