"""`dgrc questions CONFIG`: documents in, unlabeled questions out; the report as JSON on the last line."""

import json

import click

from dgrc.cli.common import config_arguments, load, print_plan, say, tell
from dgrc.errors import ConfigError


@click.command()
@config_arguments
def questions(config: str, overrides: tuple[str, ...], dry_run: bool) -> None:
    """Have the teacher write unlabeled questions about a corpus of documents."""
    settings = load(config, overrides)
    if settings.corpus is None:
        raise ConfigError(
            f"{config} has no section `corpus` that names documents. Add one: `corpus: {{files: [statutes/*.txt]}}`."
        )
    if dry_run:
        print_plan(settings, ("questions",))
        return
    from dgrc.workflow.job import Job

    with Job(settings, say).open("questions") as job:
        report = job.write_questions()
        used = job.config.questions.files
    say(f"`dgrc run` with this configuration goes on from here{' (leave questions.files out)' * bool(used)}.")
    tell(json.dumps(report))
