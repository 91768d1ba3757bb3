"""How far a run has come, by its folder alone: what a user named flows in, the run and words about it flow out.

Nothing is locked, so it can be asked while a process works on the run.
"""

import json
import os
import shlex
from collections.abc import Sequence
from pathlib import Path

from dgrc.config import Config
from dgrc.config.explain import short
from dgrc.config.file import load_config
from dgrc.errors import RunDirError
from dgrc.storage.atomic import write_text
from dgrc.storage.objectstore.files import is_remote
from dgrc.storage.run_dir import RunDir

STEPS = ("cut", "write", "screen_questions", "ingest", "carry", "gather", "collect", "answer", "screen", "index",
         "verify", "assemble")  # fmt: skip
"""What is marked done before a training, in order; a run has those that its settings ask for."""
RUNS, MOST_NAMED, LONGEST_NAME = "runs", 8, 98
SAMPLING = ("pilot", "benchmark", "premise")
"""Commands that curate a sample as a run of its own."""


def opened(given: str | Path, number: int = 1) -> RunDir:
    """The run of a folder, or of a name below `runs/`, in one of its rounds.

    Raises:
        RunDirError: there is no such run, or it has no such round.
    """
    if is_remote(str(given)):
        raise RunDirError(
            f"{given} lies on a store, where a run can only be looked at: `dgrc view`, `show`, `report` and `status` "
            "take it there. For all else copy it to a disk and give that folder."
        )
    check_path(given)
    named = Path(RUNS) / given
    run = next((run for run in map(RunDir, (given, named)) if run.config_file.is_file()), None)
    if run is None:
        raise RunDirError(f"{given} is not a run: {_why(Path(given))}. {_meant(Path(given))}")
    last = rounds(run)
    if number != 1 and number not in last:
        raise RunDirError(
            f"The run {run.root} has no round {number!r}. Give a round that it has: {', '.join(map(str, last)) or 1}; "
            "the first is 1, and `rounds.count` of its settings says how many there may be."
        )
    return run.in_round(number)


def check_path(given: str | Path) -> None:
    """Raises RunDirError if the system does not take a path: a link that leads to itself, a name that is too long."""
    try:
        os.stat(os.path.expanduser(given))
    except (FileNotFoundError, NotADirectoryError):
        pass
    except OSError as e:
        raise RunDirError(
            f"{short(str(given), LONGEST_NAME)} is not a run: {e.strerror}. Give the folder of a run, or its "
            f"name below {RUNS}/."
        ) from e


def found(given: str, runs_dir: str | None = None) -> RunDir | None:
    """The run in a folder; with `runs_dir` the run of that name there. None if there is none."""
    if runs_dir is not None and (given in ("", os.curdir, os.pardir) or os.sep in given):
        return None
    folder = os.path.expanduser(given if runs_dir is None else os.path.join(runs_dir, given))
    return RunDir(folder) if os.path.isfile(os.path.join(folder, "config.yaml")) else None


def holding(given: str | Path) -> RunDir | None:
    """The run in which a file or folder lies, if it lies in one."""
    if not os.path.exists(given):
        return None
    above = map(RunDir, Path(given).resolve().parents)
    return next((run for run in above if run.config_file.is_file() and rounds(run)), None)


def own_settings(run: RunDir, overrides: Sequence[str] = ()) -> Config:
    """The settings that a run was made with, its name and folder as they are now, and `a.b=c` overrides that win.

    Raises:
        ConfigError: its config.yaml cannot be read, or a setting is wrong.
    """
    place = {"runs_dir": str(run.root.parent), "name": run.root.name}
    return load_config(run.config_file, [*(f"{key}={json.dumps(value)}" for key, value in place.items()), *overrides])


def mark_sample(run: RunDir, command: str) -> None:
    """Notes that the run is a sample which `dgrc pilot`, `benchmark` or `premise` curates for its figures alone."""
    write_text(_sample_mark(run, command), "")


def refuse_sample(run: RunDir) -> None:
    """Refuses to go on with a run that is a sample as if it were a whole job.

    Raises:
        RunDirError: it is one; with what to type instead.
    """
    config = own_settings(run)
    command = next((name for name in SAMPLING if _sample_mark(run, name).is_file()), None)
    if command is None and ((run.root / "pilot.json").is_file() or _looks_like_a_pilot(config)):
        command = "pilot"  # one of before there were marks
    if command is None:
        return
    name, folder = run.root.name.removesuffix(f"-{command}"), shlex.quote(str(run.root))
    count = f" --questions {config.questions.sample}" if config.questions.sample else ""
    again = f"dgrc {command} {folder} --set name={shlex.quote(name)}{count}"
    if command == "premise":
        again = "dgrc premise CONFIG"  # whose questions and labels are not in the run's settings
    raise RunDirError(
        f"{run.root} is what `dgrc {command}` made of a sample, to be read and not to be trained on. To go on with it, "
        f"or for its figures, type `{again}`; for all questions `dgrc run CONFIG`, with the configuration that it was "
        f"made by; to train and evaluate on this sample all the same `dgrc run {folder}`."
    )


def _sample_mark(run: RunDir, command: str) -> Path:
    return run.in_round(1).state("method") / f"sample-of-{command}"


def _looks_like_a_pilot(config: Config) -> bool:
    measures = config.method.ask_unread == "measure"
    return measures and config.name.endswith("-pilot") and config.questions.sample is not None


def rounds(run: RunDir) -> list[int]:
    """The numbers of the rounds that were begun."""
    names = (path.name.removeprefix("round-") for path in run.root.glob("round-*") if path.is_dir())
    return sorted(int(name) for name in names if name.isdecimal())


def last_trained(run: RunDir) -> int:
    """The number of the last round that trained a student, else of the last that was begun, else 1."""
    begun = rounds(run) or [1]
    return max((number for number in begun if is_student(run.in_round(number).student())), default=begun[-1])


def runs_in(folder: Path) -> list[str]:
    """The runs that lie in a folder, as paths."""
    return sorted(str(path.parent) for path in folder.glob("*/config.yaml"))


def is_student(folder: Path) -> bool:
    """Whether a directory holds a trained student: a model, or an adapter."""
    return any((folder / name).is_file() for name in ("config.json", "adapter_config.json"))


def how_far(run: RunDir) -> str:
    """What is done and what is not, of the last round that was begun, as the end of a sentence about the run."""
    begun = rounds(run)
    here = run.in_round(begun[-1] if begun else 1)
    reports = here.reports()
    done = [step for step in STEPS if step in reports]
    place = f"in round {here.number} " if here.number > 1 else ""
    if here.evaluation().is_file():
        return f"{place}its student is evaluated"
    if is_student(here.student()):
        return f"{place}its student is trained and not evaluated"
    if "assemble" in done:
        return f"{place}it is curated, and no student is trained"
    return f"{place}its curation is done up to `{done[-1]}`" if done else f"{place}nothing of it is finished"


def _why(given: Path) -> str:
    """What keeps what a user named from being a run."""
    if (found := next((path for path in (given, Path(RUNS) / given) if os.path.exists(path)), None)) is None:
        return f"there is no such folder, here or in {RUNS}/"
    return "it has no config.yaml" if found.is_dir() else "it is a file, and a run is a folder"


def _meant(given: Path) -> str:
    """What a user may have meant: the run that holds what was named, or others that there are."""
    if (run := holding(given)) is not None:
        return f"It lies in a run: give {run.root}."
    if given.suffix in (".yaml", ".yml") and given.is_file():
        return (
            "If it is a configuration, `dgrc run` and the like take it; the run that it makes lies in its `runs_dir`, "
            "by its `name`."
        )
    for folder in (given, given.parent, Path(RUNS)):
        if found := runs_in(folder):
            more = f" and {len(found) - MOST_NAMED} more" if len(found) > MOST_NAMED else ""
            return f"These are: {', '.join(found[:MOST_NAMED])}{more}."
    return f"Give the folder of a run, for example {RUNS}/demo, or its name below {RUNS}/."
