"""What do our readers, guards and screens make of a run that others recorded?

    python -m benchmarks.recorded FOLDER

The folder is one of the authors' release, or of the same form: all its .json and .jsonl files are looked at, and no
code of it is run. No model is asked. A text of it is neither shown nor kept: what there is to look at is named by
question, role and number. Last line of output: one JSON object.
"""

import json
import sys
from pathlib import Path

import click

from benchmarks.recorded import atoms, chains
from benchmarks.recorded.forms import Rows, read_folder
from benchmarks.recorded.run import assemble
from dgrc.config import MethodConfig
from dgrc.errors import DgrcError
from dgrc.method.prompts import load_pack


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--pack", default="medical", show_default=True, help="Prompt pack whose own words are echoes.")
def main(folder: Path, pack: str) -> None:
    """Reads a recorded run and holds it against ours."""
    try:
        rows = read_folder(folder)
        figures = measure(rows, pack)
    except DgrcError as e:
        click.echo(f"Error: {e}", err=True)
        sys.exit(2)
    tell(rows, figures)
    click.echo(json.dumps(figures))


def measure(rows: Rows, pack_name: str) -> dict[str, object]:
    """All figures of a recorded run, by part.

    Raises:
        PromptPackError: there is no such pack.
    """
    pack, method, run = load_pack(pack_name), MethodConfig(), assemble(rows)
    return {
        "questions": len(run.cases), "pack": pack_name, "reading": chains.reading(run),
        "divergences": chains.divergences(run, method), "atoms": atoms.asked(run, pack),
        "answers": atoms.answered(run, pack), "near_duplicates": atoms.near_duplicate_figures(run),
        "contradictions": atoms.contradictions(run, method), "screens": atoms.screens(run),
        "verification": chains.verification(run, method),
        "files": len(rows.files), "files_broken": [seen.name for seen in rows.files if seen.error],
        "rows_broken": sum(seen.broken for seen in rows.files), "notes": list(run.notes),
    }  # fmt: skip


def tell(rows: Rows, figures: dict[str, object]) -> None:
    """Prints what was found in which file, then the figures, a line each."""
    for seen in rows.files:
        parts = [f"{count} {kind}" for kind, count in seen.kinds.items()]
        parts += [f"{seen.other} of no kind that is looked for"] if seen.other else []
        parts += [f"{seen.broken} cannot be read"] if seen.broken else []
        parts += [f"given up: {seen.error}"] if seen.error else []
        click.echo(f"{seen.name}: {', '.join(parts) or 'empty'}")
    for name, value in figures.items():
        for line in lines(name, value):
            click.echo(line)


def lines(name: str, value: object, indent: str = "") -> list[str]:
    """A figure as lines of text; what is in parts is indented."""
    label = f"{indent}{name.replace('_', ' ')}"
    if isinstance(value, dict):
        return [label, *(line for key, part in value.items() for line in lines(key, part, f"{indent}  "))]
    if isinstance(value, list):
        return [f"{label}: {len(value)}", *(f"{indent}  {item}" for item in value)]
    return [f"{label}: {'-' if value is None else value}"]


if __name__ == "__main__":
    main()
