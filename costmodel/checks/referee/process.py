"""Process: a counter asked in a process of its own, within a time limit.

A counter that crashes, hangs, prints or patches PyTorch disturbs nothing but its own row, which
says in one sentence what happened.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from costmodel.checks.referee.tool import Tool
from costmodel.files import IMPORT_ROOT

#: Seconds that one counter may take for one network.
LIMIT = 120.0


@dataclass(frozen=True)
class Answer:
    """A counter's number, or the sentence that stands for it."""

    value: int | None = None
    error: str = ""


def ask(tool: Tool, source: str, inputs: Sequence[Sequence[int]], limit: float = LIMIT) -> Answer:
    """A counter's number for a network."""
    if not tool.installed:
        return Answer(error=tool.missing)
    request: dict[str, object] = {
        "tool": tool.key,
        "source": source,
        "inputs": [*map(list, inputs)],
    }
    answers, error = _run(request, limit)
    return answers.get("", Answer(error=error))


def ask_cases(tool: Tool, cases: Sequence[str], limit: float = LIMIT) -> dict[str, Answer]:
    """A counter's numbers for the cases of the conformance suite, all in one process."""
    if not tool.installed:
        return {case: Answer(error=tool.missing) for case in cases}
    answers, error = _run({"tool": tool.key, "cases": True}, limit)
    return {case: answers.get(case, Answer(error=error)) for case in cases}


def _run(request: dict[str, object], limit: float) -> tuple[dict[str, Answer], str]:
    """The answers by case, and the sentence for those that did not come."""
    paths = [IMPORT_ROOT, *filter(None, [os.environ.get("PYTHONPATH")])]
    command = [sys.executable, "-m", "costmodel.checks.referee.worker", json.dumps(request)]
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
    )
    try:
        out, err = process.communicate(timeout=limit)
        error = ""
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        error = f"no answer within {limit:g} s"
    if not error:
        last = [line for line in err.strip().splitlines() if line.strip()][-1:] or ["no answer"]
        error = f"exit code {process.returncode}: {last[0][:200]}"
    return _answers(out), error


def _answers(text: str) -> dict[str, Answer]:
    answers = {}
    for line in text.splitlines():
        try:
            answer = json.loads(line)
            answers[answer["case"]] = Answer(answer.get("value"), answer.get("error", ""))
        except (ValueError, KeyError, TypeError):
            continue  # a line cut off when the time was up
    return answers
