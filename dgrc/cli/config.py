"""`dgrc config diff A B`: in what two configurations or runs differ, all defaults filled in."""

import click

from dgrc.cli.common import load, say, tell


@click.group()
def config() -> None:
    """Look at configurations."""


@config.command()
@click.argument("a", type=click.Path())
@click.argument("b", type=click.Path())
def diff(a: str, b: str) -> None:
    """Print each setting in which A and B differ, as `key: value in A -> value in B`; nothing if none does.

    A and B are YAML files, names of configurations that come with dgrc, or runs: folders or names. The exit status is 0
    in either case.
    """
    from dgrc.config.file import differences
    from dgrc.config.yaml_core import flow

    found = list(differences(load(a, ()), load(b, ())))
    for key, was, now in found:
        tell(f"{key}: {flow(was)} -> {flow(now)}")
    say(f"settings that differ: {len(found)}")
