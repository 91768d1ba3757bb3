"""`dgrc export STUDENT --merge OUTPUT`."""

import click

from dgrc.cli.common import say


@click.command()
@click.argument("student", type=click.Path())
@click.option("--merge", "output", required=True, type=click.Path(file_okay=False), help="Folder for the full model.")
def export(student: str, output: str) -> None:
    """Make a full model of an adapter and its base model. STUDENT is a run or the folder of a student."""
    from dgrc.runtime.extras import training
    from dgrc.training.adapter import base_of
    from dgrc.workflow.standing import adapter_of

    training("`dgrc export`").check()
    adapter = adapter_of(student)
    base_of(adapter)  # says what is wrong before torch is read, which takes seconds
    from dgrc.training.export import merge_adapter

    say(f"done: {merge_adapter(adapter, output)}")
