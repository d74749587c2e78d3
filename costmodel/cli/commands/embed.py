"""`embed`: refresh or check the generated blocks of documents."""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Sequence

from costmodel.cli.options import refuse, say
from costmodel.documents.blocks import DocumentError, Status
from costmodel.documents.embedding import Embedded, counted, embed, write
from costmodel.errors import printable

HELP = "refresh or check the formulas, tables and numbers in Markdown, LaTeX, Typst and HTML"
EXAMPLES = (
    "costmodel embed docs/plan.md",
    "costmodel embed --check README.md docs/*.md",
    "costmodel embed --diff design.tex",
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="Markdown, LaTeX (.tex), Typst (.typ) or HTML (.html)",
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 if a block is not fresh"
    )
    parser.add_argument("--diff", action="store_true", help="show what would change, as a diff")
    parser.add_argument("--force", action="store_true", help="overwrite blocks edited by hand")
    parser.add_argument("-q", "--quiet", action="store_true", help="nothing on stderr but errors")


def run(args: argparse.Namespace) -> int:
    """Refresh, check or show; no file is touched unless every block of each is understood."""
    if args.check and not args.diff:
        refuse(args, ["--force"], "with --check, which writes nothing; allowed is one of them")
    results = [embed(path, force=args.force) for path in args.files]
    wrong = [error for result in results for error in result.wrong]
    for error in wrong:
        print(f"costmodel: error: {printable(str(error))}", file=sys.stderr)
    if args.diff:
        for result in results:
            sys.stdout.write(_diff(result))
    if args.check:
        problems = [problem for result in results for problem in result.problems()]
        for problem in problems:
            print(problem)
        if not (args.quiet or args.diff or wrong):
            print(counted(results))
        return _code(wrong, problems)
    edited = [
        f"{result.path}:{block.line}: edited by hand: {block.directive}; allowed is --force to "
        "overwrite it"
        for result in results
        for block, status in result.blocks
        if status is Status.EDITED and not args.force
    ]
    for sentence in edited:
        print(f"costmodel: {sentence}", file=sys.stderr)
    if not (wrong or edited or args.diff):
        for result in results:
            write(result)
        say(args, counted(results, written=True))
    return _code(wrong, edited)


def _code(wrong: Sequence[DocumentError], found: Sequence[str]) -> int:
    return wrong[0].exit_code if wrong else 1 if found else 0


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
