"""How a run on this machine stands: its folder in, what is done, under way and left out, for people and as plain data.

Nothing is locked or written, so it can be asked at any time. Who holds the run is what `.holder` says, held against the
processes of this machine; what is under way is what that process noted last (`storage/underway.py`).
"""

import time
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from dgrc.config.file import read_yaml
from dgrc.errors import ConfigError, RunDirError
from dgrc.runtime.clock import clock
from dgrc.storage.holder import read_holder
from dgrc.storage.manifest import read_manifest
from dgrc.storage.run_dir import RunDir
from dgrc.storage.standing import STEPS, how_far, is_student, rounds
from dgrc.storage.underway import Note, read_note

MOST_NAMED, STALE_S = 5, 120.0
"""Files that are named; a note that is older than so many seconds is told with its age."""
Status = dict[str, Any]


def status_of(run: RunDir) -> Status:
    """How a run stands.

    Returns:
        `state` (`working`, `elsewhere`: by its word another machine works on it, `complete`, `damaged`, `stopped`),
        whether it is `sealed` by a manifest that can be read, who `holder` is, what is `damaged`, finished `steps` by
        round with their rows and seconds, and what is `underway`.
    """
    holder = read_holder(run.root)
    damaged = list(_damaged(run))
    sealed = run.manifest_file.is_file() and not any(str(run.manifest_file) in what for what in damaged)
    state = "damaged" if damaged else "complete" if sealed else "stopped"
    if holder is not None and holder.lives is not False:
        state = "working" if holder.lives else "elsewhere"
    note = read_note(run) if state not in ("complete", "damaged") else None
    steps = {number: _steps(run.in_round(number)) for number in rounds(run)}
    if note is not None and note.step in steps.get(note.round, {}):
        note = None  # it is finished since
    return {
        "run": str(run.root), "sealed": sealed, "state": state,
        "far": how_far(run), "holder": None if holder is None else asdict(holder), "damaged": damaged,
        "steps": steps, "underway": _underway(note) if note is not None else None,
    }  # fmt: skip


def told(status: Status) -> Iterator[str]:
    """The same in words, a line each."""
    yield f"Run {status['run']}: {_state(status)}"
    for number, steps in status["steps"].items():
        if len(status["steps"]) > 1:
            yield f"round {number}"
        for name, report in steps.items():
            rows = f"{report['rows']:>9,} rows" if "rows" in report else f"{'':>14}"
            seconds = f"  in {clock(report['seconds'])}" if "seconds" in report else ""
            yield f"  {name:<16} done  {rows}{seconds}".rstrip()
    if status["underway"] is not None:
        yield f"  {_going(status['underway'], status['state'])}".rstrip()
    for what in status["damaged"][:MOST_NAMED]:
        yield f"! {what}"
    yield _advice(status)


def _state(status: Status) -> str:
    holder = status["holder"]
    if status["state"] in ("working", "elsewhere"):
        return f"process {holder['pid']} on {holder['host']} works on it, since {holder['since']}"
    if status["state"] == "stopped":
        killed = f"; process {holder['pid']}, which did, ended without a word" if holder is not None else ""
        return f"nobody works on it, {status['far']}{killed}"
    return "complete" if status["state"] == "complete" else "damaged"


def _advice(status: Status) -> str:
    run, state = status["run"], status["state"]
    if state == "elsewhere":
        return (
            "Whether that process still lives cannot be seen from this machine: look at how old the last note is. If "
            f"that machine is gone for good, delete {run}/.lock."
        )
    if state == "damaged" and not status["sealed"]:
        return "Run its command again: what cannot be read is made again, and what is finished is kept."
    if state == "damaged":
        return f"`dgrc verify-run {run}` looks at every byte, `dgrc repair {run}` redoes what is damaged."
    if state == "complete":
        return f"`dgrc show {run}` shows it; `dgrc verify-run {run}` looks at every byte."
    if state == "working":
        return f"Its process says more on its own terminal, and in {run}/logs."
    return f"Run its command again to go on: what is finished is kept. `dgrc show {run}` shows it."


def _going(going: dict[str, Any], state: str) -> str:
    """The line of what is under way, or was when the run stopped."""
    when = {"working": "now", "elsewhere": "last seen"}.get(state, "broken off")
    name = f"{going['step']:<16} {when}"
    if going["total"]:
        count = f"{going['done']:,}/{going['total']:,} {going['unit']}"
        left = f"  {clock(going['left_s'])} left" if going["left_s"] is not None and state == "working" else ""
        name += f"  {count}  {going['rate']:.1f}/s{left}"
    age = going["age_s"]
    return name + (f"  ({clock(age)} ago)" if age > STALE_S or state != "working" else "")


def _underway(note: Note) -> dict[str, Any]:
    left = note.left_s
    return {
        "round": note.round, "step": note.step, "done": note.done, "total": note.total, "unit": note.unit,
        "rate": note.rate, "left_s": None if left is None else round(left),
        "age_s": max(0, round(time.time() - note.at)),
    }  # fmt: skip


def _steps(run: RunDir) -> dict[str, dict[str, Any]]:
    """The finished steps of a round in order, with rows and seconds where they were reported."""
    found: dict[str, dict[str, Any]] = {}
    reports = run.reports()
    for step in (*STEPS, *(step for step in reports if step.startswith("train-"))):
        if step in reports:
            rows, seconds = reports[step].get("rows", reports[step].get("kept")), reports[step].get("seconds")
            found[step] = {"rows": rows} if isinstance(rows, int) else {}
            found[step] |= {"seconds": seconds} if isinstance(seconds, int | float) else {}
    if run.evaluation().is_file():
        found["evaluate"] = {}
    return found


def _damaged(run: RunDir) -> Iterator[str]:
    """What can be seen to be wrong at a glance; contents are for `dgrc verify-run`."""
    back = "put back the one the run was made with"
    try:
        read_yaml(run.config_file.read_text(encoding="utf-8"), "config.yaml", f"So {back}.")["name"]
    except ConfigError as e:
        yield str(e).removesuffix(".")
    except (OSError, ValueError, KeyError, TypeError) as e:
        yield f"config.yaml is no configuration any more ({type(e).__name__}): {back}"
    for number in rounds(run):
        here = run.in_round(number)
        reports = here.reports()
        for path in sorted((here.round() / ".state").glob("*/done.json")):
            if path.parent.name not in reports:
                yield f"{path.relative_to(run.root)} cannot be read"
        if "train-dgrc" in reports and not is_student(here.student()):
            yield f"round-{number}/student is missing, though its training was finished"
    if not run.manifest_file.is_file():
        return
    try:
        files = read_manifest(run).get("files", {})
    except RunDirError as e:
        yield str(e)
        return
    for name, said in files.items():
        path = run.root / name
        if not path.is_file():
            yield f"{name} is missing"
        elif path.stat().st_size != said["bytes"]:
            yield f"{name} has {path.stat().st_size:,} bytes, {said['bytes']:,} are wanted"
