"""`embed`: refresh or check the generated blocks of documents."""

from __future__ import annotations

import argparse
import difflib
import sys

from costmodel.cli.options import refuse
from costmodel.documents.blocks import Status
from costmodel.documents.embedding import Embedded, embed, write

HELP = "refresh or check the formulas, tables and numbers in Markdown and LaTeX documents"
EXAMPLES = (
    "costmodel embed docs/plan.md",
    "costmodel embed --check README.md docs/*.md",
    "costmodel embed --diff design.tex",
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="Markdown, or LaTeX (.tex)")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 if a block is not fresh"
    )
    parser.add_argument("--diff", action="store_true", help="show what would change, as a diff")
    parser.add_argument("--force", action="store_true", help="overwrite blocks edited by hand")
    parser.add_argument("-q", "--quiet", action="store_true", help="nothing on stderr but errors")


def run(args: argparse.Namespace) -> int:
    """Refresh, check or show; no file is touched unless every file is understood."""
    if args.check and not args.diff:
        refuse(args, ["--force"], "with --check, which writes nothing; allowed is one of them")
    results = [embed(path, force=args.force) for path in args.files]
    if args.diff:
        for result in results:
            sys.stdout.write(_diff(result))
    if args.check:
        problems = [problem for result in results for problem in result.problems()]
        for problem in problems:
            print(problem)
        return 1 if problems else 0
    edited = [
        f"{result.path}:{block.line}: edited by hand: {block.directive}; allowed is --force to "
        "overwrite it"
        for result in results
        for block, status in result.blocks
        if status is Status.EDITED and not args.force
    ]
    for sentence in edited:
        print(f"costmodel: {sentence}", file=sys.stderr)
    if edited or args.diff:
        return 1 if edited else 0
    for result in results:
        write(result)
    return 0


def _diff(result: Embedded) -> str:
    return "".join(
        line if line.endswith("\n") else line + "\n"
        for line in difflib.unified_diff(
            result.before.splitlines(keepends=True),
            result.text.splitlines(keepends=True),
            f"{result.path} (as it is)",
            f"{result.path} (as it should be)",
        )
    )
