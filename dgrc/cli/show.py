"""`dgrc show RUN [QUESTION_ID]`: a run at a glance, or one case told as a story."""

from typing import Any

import click


@click.command(context_settings={"ignore_unknown_options": True})  # ids may begin with a minus
@click.argument("run", type=click.Path(file_okay=False))
@click.argument("question_id", required=False)
@click.option("--round", "number", default=1, show_default=True, type=click.IntRange(min=1), help="Of this round.")
def show(run: str, question_id: str | None, number: int) -> None:
    """A run's figures and its most telling cases; with QUESTION_ID, one case as a story.

    QUESTION_ID is dgrc's number or the id in your own file.
    """
    from dgrc.report.case_view import tell_case, tell_run
    from dgrc.storage.standing import opened

    folder = opened(run, number)
    print_parts(tell_run(folder) if question_id is None else tell_case(folder, question_id))


def print_parts(parts: list[Any], err: bool = False) -> None:
    """Shows what `case_view` tells, on standard output or error."""
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=False, stderr=err)
    for part in parts:
        console.print(part)
