"""`dgrc config`: all settings of a configuration or run, and in what two differ, all defaults filled in."""

import click

from dgrc.cli.common import load, say, tell, with_settings


@click.group()
def config() -> None:
    """Look at configurations."""


@config.command()
@with_settings
@click.option("--changed", is_flag=True, help="Leave out what is by default.")
def show(config: str, overrides: tuple[str, ...], changed: bool) -> None:
    """Print all settings of CONFIG or RUN, defaults filled in, as YAML that can be read again."""
    from dgrc.config.file import dump_changed, dump_config

    settings = load(config, overrides)
    tell(dump_changed(settings) if changed else dump_config(settings), nl=False)


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
