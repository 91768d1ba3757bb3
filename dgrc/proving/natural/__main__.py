"""Writes the natural domain into a folder: questions without labels, two labelled held-out files and the truth.

    python -m dgrc.proving.natural OUT --train 1000 --held-out 300 --levels 1,2

Of held-out problems there are as many with new numbers (`numbers`) as of new templates (`templates`).
"""

import sys
from collections.abc import Collection
from pathlib import Path

import click

from dgrc.errors import ConfigError, DgrcError
from dgrc.proving.natural.files import QUESTIONS, TRUTH, held_out_file, write_domain
from dgrc.proving.natural.generate import problems
from dgrc.proving.natural.problem import LEVELS, SPLITS
from dgrc.proving.natural.templates import TEMPLATES

DOMAINS = sorted({template.domain for template in TEMPLATES})
LANGUAGES = sorted({template.language for template in TEMPLATES})


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--train", default=1000, type=click.IntRange(min=1), help="Questions to train on.")
@click.option("--held-out", default=300, type=click.IntRange(min=1), help="Held-out problems of each kind.")
@click.option("--levels", default=",".join(map(str, LEVELS)), help="How many steps; 4 is four and more.")
@click.option("--domains", default=",".join(DOMAINS), help="Which domains.")
@click.option("--languages", default="en", help="Which languages.")
@click.option("--seed", default=0, type=int, help="Another seed draws other problems.")
def main(out: Path, train: int, held_out: int, levels: str, domains: str, languages: str, seed: int) -> None:
    """Write questions of medicine and law with computed answers into the new or empty folder OUT."""
    try:
        write(out, train, held_out, levels, domains, languages, seed)
    except DgrcError as e:
        click.echo(f"dgrc: {e}", err=True)
        sys.exit(2)


def write(out: Path, train: int, held_out: int, levels: str, domains: str, languages: str, seed: int) -> None:
    """Draws and writes the problems, and says what was written.

    Raises:
        ConfigError: a level, domain or language is unknown, there are too few such problems, or `out` is in use.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ConfigError(f"{out} is there already and is not an empty folder. Name a new one, or empty it.")
    wanted = {split: train if split == "train" else held_out for split in SPLITS}
    chosen_levels = [int(level) for level in _chosen("--levels", levels, [*map(str, LEVELS)])]
    chosen = _chosen("--domains", domains, DOMAINS), _chosen("--languages", languages, LANGUAGES)
    drawn = {split: problems(split, count, seed, *chosen, chosen_levels) for split, count in wanted.items()}
    write_domain(out, drawn["train"], {split: drawn[split] for split in SPLITS[1:]})
    click.echo(f"{out / QUESTIONS}: {train:,} questions without labels")
    for split in SPLITS[1:]:
        click.echo(f"{out / held_out_file(split)}: {held_out:,} labelled questions")
    click.echo(f"{out / TRUTH}: the steps of all {sum(wanted.values()):,}")


def _chosen(option: str, text: str, known: Collection[str]) -> list[str]:
    """The parts of `a,b`, each once."""
    parts = list(dict.fromkeys(part.strip() for part in text.split(",")))
    if unknown := [part for part in parts if part not in known]:
        raise ConfigError(f"{option} names {unknown[0]!r}, which is unknown. Wanted are some of {','.join(known)}.")
    return parts


if __name__ == "__main__":
    main()
