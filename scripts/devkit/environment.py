"""The virtual environment of a checkout: made when missing, installed into when out of date."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib.util
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from devkit import locks, torchbuild
from devkit.errors import SetupError

# Run by the environment's own interpreter: where it thinks that it lives, and whether pip is there.
_PROBE = """
import importlib.util, sys
print(sys.prefix)
sys.exit(sys.version_info[:2] < (3, 11) or importlib.util.find_spec("pip") is None)
"""

# pip must neither ask nor be led elsewhere than into this environment by a user's configuration.
_PIP_SETTINGS = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1", "PIP_USER": "0"}


@dataclass(frozen=True)
class Environment:
    """The environment ``.venv`` of the checkout at ``root``, with a record of what is in it.

    The record (the stamp) holds a hash of each requirements file whose installation was finished,
    and the folder it was made for. Anything else, a half-finished installation, a changed file,
    a checkout that was moved or copied, a Python that is gone, is found by comparing with it.
    """

    root: Path

    @property
    def directory(self) -> Path:
        """Folder of the environment."""
        return self.root / ".venv"

    @property
    def python(self) -> Path:
        """The environment's interpreter."""
        return self.directory / "bin" / "python"

    @property
    def stamp(self) -> Path:
        """The record; inside the environment, so that both go together."""
        return self.directory / "costmodel-installed.json"

    def prepare(self, *requirements: str) -> bool:
        """Make sure that the named requirements files are installed.

        Calls at the same time wait for each other, so one installs and the others find it done.

        Args:
            requirements: names of requirements files in the checkout.

        Returns:
            Whether anything had to be installed.

        Raises:
            SetupError: when the environment cannot be made or pip fails.
        """
        # Before anything is locked: a checkout that cannot be written to starts where all is there.
        if self._complete(requirements):
            self._say_which()
            return False
        with self._locked():
            if not self.works():
                self._create()
            installed = self._read_stamp()
            wanted = {name: self._fingerprint(name) for name in requirements}
            stale = [name for name in requirements if installed.get(name) != wanted[name]]
            if not stale:
                return False
            # Forgotten first: an installation that is cut short leaves neither the old nor the
            # new versions, and going back to the old file must not count as installed.
            self._write_stamp({name: installed[name] for name in installed if name not in stale})
            self._install(requirements)
            self._write_stamp({**self._read_stamp(), **wanted})
            return True

    def _complete(self, requirements: Sequence[str]) -> bool:
        """Whether the environment works and all of the files are installed in it."""
        installed = self._read_stamp()
        return self.works() and all(
            installed.get(name) == self._fingerprint(name) for name in requirements
        )

    def _say_which(self) -> None:
        """Say so where .venv has another Python than the one that was asked for."""
        told = subprocess.run(
            [self.python, "-I", "-c", "import sys; print(*sys.version_info[:2], sep='.')"],
            capture_output=True,
            text=True,
            check=False,
        ).stdout.strip()
        asked = ".".join(map(str, sys.version_info[:2]))
        if told and told != asked:
            say(
                f".venv has Python {told} and is used as it is, not the Python {asked} that runs "
                "this: to change that, delete .venv."
            )

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the checkout's lock; the system releases it however this process ends."""
        with (self.root / ".venv.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say("Another command is installing into .venv; waiting for it.")
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def works(self) -> bool:
        """Whether the environment runs, has pip, and is where it was made."""
        try:
            probe = subprocess.run(
                [self.python, "-I", "-c", _PROBE], capture_output=True, text=True, check=False
            )
        except OSError:
            return False
        if probe.returncode != 0 or not os.path.samefile(probe.stdout.strip(), self.directory):
            return False
        recorded = self._read_record().get("directory")
        # The scripts in a moved environment still point to where it was.
        return recorded in (None, str(self.directory))

    def _create(self) -> None:
        """Make the environment anew, with the Python that runs this."""
        found = self.directory.exists()
        if found and not (self.directory / "pyvenv.cfg").exists():
            raise SetupError(
                f"{self.directory} is not a virtual environment, so it is left alone: "
                "move it away and try again."
            )
        if importlib.util.find_spec("ensurepip") is None:
            raise SetupError(
                f"{sys.executable} cannot make virtual environments because it lacks ensurepip: "
                "install that first (on Debian or Ubuntu: apt install python3-venv)."
            )
        say(".venv does not work (any more); making it anew." if found else "Making .venv.")
        # Not the interpreter of an activated .venv, which is about to be deleted.
        base = getattr(sys, "_base_executable", sys.executable)
        made = subprocess.run([base, "-m", "venv", "--clear", self.directory], check=False)
        if made.returncode != 0:
            raise SetupError(f"Making {self.directory} failed; the reason is above.")

    def _install(self, requirements: tuple[str, ...]) -> None:
        """Let pip install the requirements files: what builds others first, torch last."""
        say("Installing what locks/ names into .venv: minutes the first time.")
        # A lock is whole and says what each file must be: nothing else is looked for, and sources
        # are built by what is installed already instead of by what is newest.
        whole = ["--require-hashes", "--no-deps"]
        built = [*whole, "--no-build-isolation"]
        first = [name for name in requirements if name == locks.BUILD]
        last = [name for name in requirements if name == locks.TORCH]
        rest = [name for name in requirements if name not in (*first, *last)]
        begin = time.monotonic()
        self._pip(whole, first)
        self._pip(built, rest)
        self._pip(torchbuild.source_options(), last)
        build = torchbuild.describe(self.python)
        say(f"Installed in {time.monotonic() - begin:.0f} s" + (f", {build}." if build else "."))

    def _pip(self, options: Sequence[str], names: Sequence[str]) -> None:
        """Let pip install some of the files together; none is nothing to do."""
        if not names:
            return
        command = [str(self.python), "-m", "pip", "install", *options]
        for name in names:
            command += ["--requirement", str(self.root / name)]
        if not sys.stdout.isatty():
            command.append("-qq")  # only errors
        if subprocess.run(command, env={**os.environ, **_PIP_SETTINGS}, check=False).returncode:
            raise SetupError(
                "Installing failed, for the reason that pip gives above; the next call tries again."
            )

    def _fingerprint(self, name: str) -> str:
        """Hash of a requirements file."""
        return hashlib.sha256((self.root / name).read_bytes()).hexdigest()

    def _read_record(self) -> dict[str, object]:
        """The record as it stands; empty when there is none or it cannot be read."""
        try:
            record = json.loads(self.stamp.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return record if isinstance(record, dict) else {}

    def _read_stamp(self) -> dict[str, str]:
        """Requirements file → hash, of those that are installed."""
        installed = self._read_record().get("requirements")
        return installed if isinstance(installed, dict) else {}

    def _write_stamp(self, installed: dict[str, str]) -> None:
        """Replace the record, in one step."""
        record = {"directory": str(self.directory), "requirements": installed}
        draft = self.stamp.with_suffix(".draft")
        draft.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
        draft.replace(self.stamp)


def say(message: str) -> None:
    """Print a line at once, before what a child process prints next."""
    print(message, flush=True)
