"""`dgrc resume RUN`: the rest of a run that was begun, by its own settings."""

import click

from dgrc.cli.common import allow_empty, config_arguments, load, say
from dgrc.cli.run import do_all
from dgrc.errors import RunDirError

PLACE = ("name", "runs_dir")


@click.command()
@config_arguments
@allow_empty
def resume(config: str, overrides: tuple[str, ...], dry_run: bool, allow_empty: bool) -> None:
    """Do what is left of a run: `dgrc run` with the run's own settings.

    With CONFIG, the run that it names goes on by the settings in CONFIG.
    """
    from dgrc.config.file import differences
    from dgrc.storage.run_dir import RunDir
    from dgrc.storage.standing import own_settings, refuse_sample

    settings = load(config, overrides)
    run = RunDir.of(settings)
    if not run.config_file.is_file():
        raise RunDirError(f"There is no run {run.root} to resume. Begin it with `dgrc run {config}`.")
    refuse_sample(run)
    if run.manifest_file.is_file() and all(key in PLACE for key, _, _ in differences(own_settings(run), settings)):
        say(f"The run {run.root} is complete, so nothing is left to do. See it with: dgrc show {run.root}")
        return
    do_all(settings, dry_run, allow_empty)
