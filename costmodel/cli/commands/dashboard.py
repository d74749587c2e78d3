"""`dashboard`: start the page, from a checkout or from an installed package."""

from __future__ import annotations

import argparse

from costmodel.cli.options import argument
from costmodel.typed import read_integer

HELP = "start the dashboard, and print its address; Ctrl+C stops it"
EXAMPLES = (
    "costmodel dashboard",
    "costmodel dashboard --port 8600",
    "costmodel dashboard -- --server.address 0.0.0.0 --server.allowedHosts my.host.example",
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "options",
        nargs="*",
        metavar="OPTION",
        help="options of `streamlit run`, after --, in place of the project's own settings",
    )
    parser.add_argument(
        "--port",
        type=argument(lambda text: read_integer(text, 1, 65_535)),
        help="where to serve [8501, or the next one that is free]",
    )


def run(args: argparse.Namespace) -> int:
    """Serve until somebody stops it."""
    from costmodel.dashboard.served.installed import arguments
    from costmodel.dashboard.served.start import start

    port = [] if args.port is None else ["--server.port", str(args.port)]
    return start([*arguments(), *port, *args.options])
