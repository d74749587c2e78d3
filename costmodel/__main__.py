"""`python -m costmodel`: the command line."""

import sys

from costmodel.cli.main import main

sys.exit(main())
