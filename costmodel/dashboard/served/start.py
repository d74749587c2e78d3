"""Starting the server: `streamlit run`, but that Ctrl+C, the way to stop it, is no failure."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click
from streamlit.web import cli


def start(arguments: Sequence[str]) -> int:
    """Serve until somebody stops it.

    Args:
        arguments: what `streamlit run` takes: the file to serve, then Streamlit's options.

    Returns:
        The exit status: 0 also after Ctrl+C, where Streamlit would say "Aborted!" and end with 1;
        Streamlit's own for a wrong call.
    """
    try:
        cli.main(["run", *arguments], prog_name="streamlit", standalone_mode=False)
    except click.Abort:  # click's name for Ctrl+C
        return 0
    except click.ClickException as error:
        error.show()
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(start(sys.argv[1:]))
