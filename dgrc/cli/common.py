"""What the commands share: the configuration argument, `--set`, `--dry-run`, and where words go.

Progress and reports go to standard error; standard output carries a command's result alone. All that a command says
goes through `say`, `tell` or `said.Said`, for it may quote a question, a model, a file name or somebody's job.
"""

import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from dgrc.errors import ConfigError
from dgrc.report.json_text import json_text
from dgrc.report.terminal import plain

F = TypeVar("F", bound=Callable[..., Any])
DRY_RUN = (
    "Print the settings that are not defaults and what would run, look at all that it needs (files and their first "
    "rows, models, templates, keys, servers, GPUs, memory, disk), and stop. The exit status is 2 if it could not start."
)
DATA = (".jsonl", ".parquet", ".csv", ".tsv", ".gz", ".bz2", ".xz", ".zst")
"""Ends of names that are no configuration's. One may be JSON, which is YAML too."""
LONGEST_NAME = 98
"""Characters of a name that is nowhere which an error quotes: what fits on its first line."""


class Positive(click.ParamType):
    """A finite number above 0, and not above `most`; click's own ranges let `nan` pass."""

    name = "number"

    def __init__(self, most: float = math.inf):
        self.most = most

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number."""
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if not (0 < number < math.inf and number <= self.most):
            most = f", {self.most:g} at most" if self.most < math.inf else ""
            self.fail(f"got {value!r}; wanted is a number above 0{most}.", param, ctx)
        return number


def config_arguments(f: F) -> F:
    """CONFIG, --set and --dry-run."""
    return with_settings(click.option("--dry-run", is_flag=True, help=DRY_RUN)(f))


def with_settings(f: F) -> F:
    """CONFIG and --set.

    CONFIG is a YAML file, the name of one that comes with dgrc, such as `legal/casehold`, or a run: its folder or name.
    """
    f = click.option("--set", "overrides", multiple=True, metavar="A.B=C", help="Override a setting; repeatable.")(f)
    return click.argument("config", metavar="CONFIG|RUN", type=click.Path())(f)


def allow_empty(f: F) -> F:
    """--allow-empty."""
    words = "Go on though the curriculum is empty, or has no chains to learn from; otherwise the exit status is 3."
    return click.option("--allow-empty", is_flag=True, help=words)(f)


def say(line: str) -> None:
    """A line for the user, on standard error."""
    click.echo(plain(line), err=True)


def tell(text: str, nl: bool = True) -> None:
    """A command's result, on standard output."""
    click.echo(plain(text), nl=nl)


def tell_json(data: Any) -> None:
    """A result as one line of JSON, in ASCII, of which a terminal obeys nothing."""
    tell(json_text(data))


def load(config: str, overrides: tuple[str, ...]) -> Any:
    """The checked settings of a run in that folder, a file, a configuration that comes with dgrc, or a run of that
    name, the first that there is; what is not a file that was named is said.

    Raises:
        ConfigError: it is none of these, or cannot be read.
    """
    from dgrc.config.shipped import locate
    from dgrc.storage.standing import found, own_settings

    run = found(config)
    if run is None and os.path.exists(file := locate(config)) and not os.path.isdir(file):
        return load_file(config, overrides)
    run = run or _run_named(config, overrides)
    say(f"settings of the run {run.root}")
    return own_settings(run, overrides)


def load_file(config: str, overrides: tuple[str, ...], here: Path | None = None) -> Any:
    """The checked configuration of a file in `here`, or of one that comes with dgrc, which is said."""
    from dgrc.config.file import load_config
    from dgrc.config.shipped import locate, shipped_folder

    file = locate(config, here)
    if file.suffix.lower() in DATA and file.is_file():
        raise ConfigError(
            f"{file} is no configuration: by its name it holds data. Wanted is a YAML file, the name of one that comes "
            "with dgrc, or a run. `dgrc init mine.yaml --questions FILE` writes a first one for a file of questions."
        )
    if file.is_relative_to(shipped_folder()) and file != Path(config):
        say(f"configuration: {file}, which comes with dgrc")
    return load_config(file, overrides)


def _run_named(name: str, overrides: tuple[str, ...]) -> Any:
    """The run of that name in the folder of runs.

    Raises:
        ConfigError: there is none, and no configuration either.
    """
    from dgrc.config.explain import short
    from dgrc.config.file import make_config
    from dgrc.config.shipped import nearest
    from dgrc.storage.standing import found, holding

    runs = make_config({}, [said for said in overrides if said.startswith("runs_dir=")]).runs_dir
    run = found(name, runs)
    if run is None and (around := holding(name)) is not None:
        raise ConfigError(f"{name!r} is neither a configuration nor a run, but lies in a run: give {around.root}.")
    if run is None:
        raise ConfigError(
            f"{short(name, LONGEST_NAME)!r} is neither a configuration nor a run: there is no YAML file and no folder "
            f"of a run at that path, no run of that name in {runs!r}, and of the configurations that come with dgrc "
            f"the nearest are {', '.join(nearest(name))}."
        )
    return run


def whole_job(config: Any) -> tuple[str, ...]:
    """The parts of a whole job."""
    return ("curate", "train", "evaluate") if config.evaluation.wanted else ("curate", "train")


def run_job(config: Any, parts: tuple[str, ...], empty: bool = False) -> Any:
    """Does parts of the main job (`curate`, `train`, `evaluate`) in order and returns the `Job`; `empty` lets it go on
    with a curriculum that teaches nothing."""
    from dgrc.workflow.job import Job

    with Job(config, say, empty).open(*parts) as job:
        for part in parts:
            getattr(job, part)()
        if parts[-1] == "evaluate" and len(parts) > 1:
            job.seal()
        return job


def print_plan(
    config: Any, parts: tuple[str, ...], anew: bool = False, own: Callable[[], str] | None = None
) -> None:
    """What a job would do: settings that are not defaults, passes with their columns, engines and trainers; `anew` as
    `preflight.check` has it, `own` looks at what a command wants beside it and has a line for it.

    Raises:
        DgrcError: what keeps it from starting, all together.
    """
    from dgrc.config.file import dump_changed
    from dgrc.storage.run_dir import RunDir
    from dgrc.workflow.preflight import Report, look, pack_called

    tell(dump_changed(config))
    tell("# all settings: dgrc config show")
    run = RunDir.of(config)
    tell(f"# run folder: {run.root}")
    if "curate" in parts:
        from dgrc.pipeline.passes import PASSES

        tell(f"# ingest    {', '.join(config.questions.files) or '(no files)'} -> questions, quarantine")
        for p in PASSES:
            reads, writes = ", ".join(p.columns), ", ".join(p.written_columns())
            tell(f"# {p.name:<9} {p.reads[0]}({reads}) -> {p.writes[0]}({writes})")
            tell(f"#           engines {', '.join(p.roles(config))}; method steps {', '.join(p.method)}")
        tell(f"# assemble  atoms, verdicts -> curriculum/atomic, curriculum/cot; prompts {pack_called(config.method)}")
        for role in dict.fromkeys(role for p in PASSES for role in p.roles(config)):
            e = getattr(config, role)
            tell(
                f"# start {role}: {e.replicas} x {e.engine} of {e.model or e.script} "
                f"({e.cpus:g} CPU, {e.gpus:g} GPU each)"
            )
    if "train" in parts:
        t = config.training
        tell(
            f"# train     {t.workers} workers, ZeRO-{t.zero_stage}, {t.precision}, "
            f"{t.order}, replay {t.replayed.earlier}"
            + (f", {t.replayed.share} of {', '.join(t.replayed.files)}" if t.replayed.files else "")
        )
    if "evaluate" in parts:
        benchmarks = [benchmark.name or benchmark.form for benchmark in config.evaluation.benchmarks]
        files = ", ".join([*config.evaluation.files, *benchmarks]) or "(no files)"
        tell(f"# evaluate  {files}; baselines {', '.join(config.evaluation.baselines) or 'none'}")
    tell(f"# relative paths begin in {Path.cwd()}")

    def found(report: Report) -> None:
        for line in report.untold(report.notes):
            tell(f"# looked at {line}")
        for line in report.untold(report.warnings):
            tell(f"# warning   {line}")

    report = look(config, parts, say, anew, found)
    found(report)
    if (error := report.error()) is not None:
        raise error
    if own is not None:
        tell(own())
    tell("# nothing that was looked at keeps it from starting")
