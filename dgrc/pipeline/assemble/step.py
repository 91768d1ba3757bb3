"""The step that makes a round's curriculum: the run and, if people have marked it, their marks in; the curriculum, of
the method or of a baseline, out.

Marks that were given once are kept in the round, so that whoever goes on with the run makes the same curriculum.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from dgrc.config import Config
from dgrc.errors import RunDirError
from dgrc.method.curriculum import RECIPES
from dgrc.method.prompts import load_pack
from dgrc.pipeline.assemble import assemble
from dgrc.pipeline.assemble.marked import WORDS, Changes, changes_by
from dgrc.storage.cards import made_with
from dgrc.storage.marks.file import read, used_of, write
from dgrc.storage.run_dir import RunDir

Say = Callable[[str], None]


def make_baseline(run: RunDir, config: Config, recipe: str, changes: Changes | None = None) -> dict[str, int]:
    """Writes the curriculum of a recipe from the run's cases, with what people's marks change in it (those of the
    round, unless others are given)."""
    if changes is None and (RECIPES[recipe].atoms or RECIPES[recipe].verified):
        changes = changes_of(run, config, None, lambda line: None)
    facts = made_with(run, config, load_pack(config.method.prompts).called())
    output = run.curriculum(recipe)
    return assemble(_data(run), output, config.method, recipe, config.training.thoughts, facts, changes or Changes())


def assemble_step(run: RunDir, config: Config, changes: Changes) -> dict[str, Any]:
    """The method's own curriculum; returns its report."""
    made: dict[str, Any] = dict(make_baseline(run, config, "dgrc", changes))
    return {**made, "marks": changes.report()} if changes else made


def changes_of(run: RunDir, config: Config, given: Path | None, say: Say) -> Changes:
    """What people's marks change: those of a file that is `given` now, else those that the round was made with.

    Raises:
        RunDirError: the file holds no marks, or the round's own cannot be read.
    """
    file = given or used_of(run)
    standing = read(file)
    if standing.unreadable and (given is None or not standing.marks):
        raise RunDirError(
            f"{file} cannot be used: {standing.unreadable:,} of its lines are no marks ({standing.first_problem}). "
            "Give the marks.jsonl that `dgrc view` keeps beside a run; an empty file takes all marks back."
        )
    changes = changes_by(standing.marks.values(), _data(run), config.method, config.training.thoughts)
    if given is not None:
        used_of(run).unlink(missing_ok=True)
        if changes:
            write(used_of(run), standing.marks.values())
    if standing.marks or given is not None:
        say(f"  marks    {len(standing.marks):,} of {file}")
    if standing.unreadable:
        say(f"         ! {standing.unreadable:,} lines that are no marks, not heeded ({standing.first_problem})")
    for name, count in changes.report().items():
        say(f"         {'!' if name in ('other_text', 'not_there') else ' '} {count:,} {WORDS[name]}")
    return changes


def unseal(run: RunDir, fingerprint: str, say: Say) -> None:
    """Takes the manifest of a complete run away whose curriculum is about to become another one."""
    if run.mark("assemble") != fingerprint and run.manifest_file.is_file():
        run.manifest_file.unlink()
        say(
            "! the run is not complete any more, as its student was trained on another curriculum: `dgrc run` trains "
            "and evaluates it anew"
        )


def _data(run: RunDir) -> dict[str, Path]:
    return {name: run.dataset(name) for name in ("questions", "cases", "atoms", "verdicts")}
