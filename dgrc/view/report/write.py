"""A run's report: a run in, the text of one file out, and that put in its place.

What cannot be shown, of a run under way, of an earlier version, or of damaged files, is said, and all else is there.
"""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dgrc.errors import DgrcError, RunDirError
from dgrc.report.marks import shares
from dgrc.storage.atomic import write_text
from dgrc.storage.manifest import read_manifest
from dgrc.storage.marks.file import looked_up
from dgrc.storage.objectstore.runs import lies_at
from dgrc.storage.run_dir import RunDir
from dgrc.storage.standing import own_settings
from dgrc.version import __version__
from dgrc.view import lists
from dgrc.view.overview import tell_run
from dgrc.view.ready import indexed, method_of
from dgrc.view.report.card import FIRST_LINE, card
from dgrc.view.report.figures import sections
from dgrc.view.report.page import MARK, Head, page
from dgrc.view.report.training import read_curves
from dgrc.view.stories import most_telling

Told = dict[str, Any]
Say = Callable[[str], None]
CASES, CASES_OF_A_CARD = 200, 3
STATES = {
    "working": "under way", "elsewhere": "under way on another machine", "complete": "complete", "stopped": "stopped",
    "damaged": "damaged", "unknown": "unknown",
}  # fmt: skip
BEGINNING = 400
"""Bytes by which a file is known to be one of ours."""


def report(run: RunDir, markdown: bool = False, say: Say = lambda _: None, most: int | None = None) -> str:
    """The report of a run's round, as HTML or as Markdown.

    Args:
        run: The run in its round.
        markdown: A card instead of a page.
        say: Is told what takes a while.
        most: How many cases, if not 200, or 3 of a card.

    Raises:
        RunDirError: nothing of the run can be shown, or its index can be written nowhere.
    """
    with indexed(run, say) as store:
        cases = lists.cases(store)
        told = tell_run(run, store, cases, lists.atoms(store), {"active": False, "waiting": 0, "failed": ""})
        _refuse_nothing(run, told)
        standing, problem = looked_up(run)
        told["marks"] = shares(standing.marks.values())
        told["troubles"] += [problem] if problem else []
        recipes = [step.removeprefix("train-") for step in told["reports"] if step.startswith("train-")]
        curves = read_curves(run, recipes, told["troubles"])
        method, unreadable = method_of(run), list[str]()
        most = most if most is not None else CASES_OF_A_CARD if markdown else CASES
        stories = list(most_telling(store, method, most, unreadable))
        told["troubles"] += unreadable
        head, figures, foot = _head(run, told), sections(told, curves), f"Written by dgrc {__version__}."
        if markdown:
            return card(head, figures, stories, foot)
        return page(head, figures, stories, len(cases.table), foot)


def put(text: str, file: Path) -> None:
    """Writes a report, over an earlier one too.

    Raises:
        RunDirError: something else is there, or the place cannot be written.
    """
    try:
        ours = _is_ours(file)
    except FileNotFoundError:
        ours = True
    except OSError as e:
        raise RunDirError(f"The report cannot be written to {file}: {os.strerror(e.errno or 0)}. {_ELSEWHERE}") from e
    if not ours:
        raise RunDirError(f"{file} is there already and no report of dgrc's, so it is left alone. {_ELSEWHERE}")
    try:
        write_text(file, text)
    except RunDirError as e:
        cause = e.__cause__
        why = os.strerror(cause.errno) if isinstance(cause, OSError) and cause.errno else str(e)
        raise RunDirError(f"The report cannot be written to {file}: {why}. {_ELSEWHERE}") from e


_ELSEWHERE = "Give another file by --out."


def _is_ours(file: Path) -> bool:
    if file.is_dir():
        raise IsADirectoryError(errno.EISDIR, "")
    if not file.is_file():
        file.stat()  # raises if there is nothing; a device or a pipe is not ours
        return False
    with open(file, "rb") as there:
        beginning = there.read(BEGINNING)
    return not beginning or MARK.encode() in beginning or FIRST_LINE.encode() in beginning


def _refuse_nothing(run: RunDir, told: Told) -> None:
    if any(told["counts"].values()) or told["evaluation"]:
        return
    bad = [f"{one['stream']}/{one['file']} ({one['words']})" for one in told["unreadable"]]
    why = f": {len(bad)} of its files cannot be read, the first of them {bad[0]}" if bad else ""
    raise RunDirError(
        f"Nothing of the run {lies_at(run)} can be shown{why}. `dgrc status {lies_at(run)}` says where it stands."
    )


def _head(run: RunDir, told: Told) -> Head:
    status = told["status"]
    warnings = [*map(str, told["warnings"] or ()), *status["damaged"], *told["troubles"]]
    warnings += [f"{one['stream']}/{one['file']} cannot be read: {one['words']}" for one in told["unreadable"]]
    state = STATES.get(status["state"], status["state"])
    return Head(told["name"], status["state"], state, list(_lines(run, told)), list(_missing(told)), warnings)


def _lines(run: RunDir, told: Told) -> list[str]:
    """Models and machine, as far as they can be read."""
    lines = [f"Round {run.number} of {len(told['rounds'])}."] if len(told["rounds"]) > 1 else []
    try:
        settings = own_settings(run)
        models = {role: getattr(settings, role) for role in ("teacher", "student")}
        named = [f"{role}: {one.model or one.script or 'not named'}" for role, one in models.items()]
        lines.append(", ".join([*named, f"prompts: {settings.method.prompts}"]))
    except (DgrcError, OSError, ValueError) as e:
        lines.append(f"Its settings cannot be read: {e}")
    try:
        made = read_manifest(run)["provenance"] if run.manifest_file.is_file() else {}
        if made:
            commit = f", commit {made['commit']}" if made.get("commit") else ""
            lines.append(
                f"Made by dgrc {made['dgrc']}{commit} on {made['cores']} cores ({made['cpu']}), "
                f"{made['memory_gib']} GiB of memory."
            )
    except (DgrcError, KeyError, TypeError):
        lines.append("What it was made with cannot be read.")
    return lines


def _missing(told: Told) -> list[str]:
    """What a report of a whole run has and this one has not, in sentences."""
    status, reports, counts = told["status"], told["reports"], told["counts"]
    said = []
    if status.get("far") and status["state"] in ("working", "elsewhere", "stopped"):
        sealed = ", and it was not sealed at its end" if told["evaluation"] else ""
        said.append(f"The run is not complete: {status['far'].replace('`', '')}{sealed}.")
    if not counts["cases"]:
        said.append("No question was gathered yet, so there are no cases.")
    elif not counts["verdicts"]:
        said.append("No chain was held against facts yet.")
    if told["evaluation"] is None:
        trained = any(step.startswith("train-") for step in reports)
        said.append("There is no evaluation" + (" of its students." if trained else ", and no student was trained."))
    return said
