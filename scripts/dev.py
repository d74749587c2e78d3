"""Run, test and check costmodel from a bare checkout; "python3 scripts/dev.py help" lists how.

This file only finds a Python that is new enough; the work is done by devkit, beside it. It has to
be read by every Python that a machine may offer under the name python3, or it could not say what
is wrong: so it has no annotations, no f-strings and no imports of ours before the check.
"""

import os
import subprocess
import sys

OLDEST = (3, 11)
# Where python3 is too old, a newer one is often installed beside it: the tested ones first.
CANDIDATES = ("python3.11", "python3.12", "python3.13", "python3.14")

if sys.version_info[:2] < OLDEST:
    sys.stdout.flush()
    for name in CANDIDATES:
        try:
            # A name alone proves little: version managers leave commands that only print an error.
            with open(os.devnull, "w") as nowhere:
                found = subprocess.call([name, "-c", ""], stdout=nowhere, stderr=nowhere) == 0
        except OSError:
            found = False
        if found:
            os.execvp(name, [name, os.path.abspath(__file__)] + sys.argv[1:])
    sys.stderr.write(
        "costmodel needs Python %d.%d or newer, and python3 is %d.%d: install a newer one, "
        "or name it as in: make run PYTHON=/path/to/python3.12\n" % (OLDEST + sys.version_info[:2])
    )
    sys.exit(2)

if os.name != "posix":
    sys.stderr.write(
        "These commands need Linux, macOS or WSL; elsewhere: python -m pip install .[app]\n"
    )
    sys.exit(2)

if __name__ == "__main__":
    from devkit.commands import main

    sys.exit(main(sys.argv[1:]))
