"""`dgrc init CONFIG --questions FILE`: a first configuration, after a look at the columns of a question file.

What was found and what was not goes to standard error, and as comments into the file.
"""

import shlex
from pathlib import Path

import click

from dgrc.cli.common import say

ENDS = (".yaml", ".yml")


@click.command()
@click.argument("config", type=click.Path())
@click.option("--questions", "files", multiple=True, required=True, metavar="FILE",
              help="Question file or glob (JSONL, JSON, Parquet, CSV, TSV), also on s3://; repeatable.")  # fmt: skip
@click.option("--text", metavar="COLUMN", help="The column with the question, where its name does not tell.")
@click.option("--choices", multiple=True, metavar="COLUMN",
              help="The column with the options; repeated: the columns with one option each.")  # fmt: skip
@click.option("--teacher", metavar="MODEL", help="Hugging Face folder or name of the teacher.")
@click.option("--student", metavar="MODEL", help="The same of the student.")
def init(
    config: str, files: tuple[str, ...], text: str | None, choices: tuple[str, ...], teacher: str | None,
    student: str | None,
) -> None:  # fmt: skip
    """Write a commented CONFIG for your own questions. A file that is there is not overwritten."""
    from dgrc.config.starter import STUDENT, TEACHER, starter
    from dgrc.errors import ConfigError
    from dgrc.method.prompts import languages, load_pack
    from dgrc.questions.columns import find_files
    from dgrc.questions.sniff import sniff

    path = Path(config)
    if path.suffix not in ENDS:
        raise ConfigError(f"{config!r} is no name for a configuration: wanted is one that ends with .yaml.")
    if not path.parent.is_dir():
        raise ConfigError(f"The configuration {path} cannot be written: {path.parent} is no folder. Make it first.")
    if path.exists():
        raise ConfigError(f"There is a {path} already, and `dgrc init` overwrites nothing. Give another name.")
    first, *others = find_files(files)
    found = sniff(first, text, choices)
    notes = [f"{first}: {found.notes[0]}", *found.notes[1:]]
    if others:
        more = "one more file was" if len(others) == 1 else f"{len(others):,} more files were"
        notes.append(f"{more} not looked at; the same columns are wanted there")
    scripts = languages.shares(str(list(row.values())) for row in found.rows)
    if other := languages.mismatch(load_pack("general"), scripts):
        notes.append(f"! {other}")
    written = starter(path.stem, files, found.fields, notes, teacher or TEACHER, student or STUDENT, found.form)
    try:
        with open(path, "x", encoding="utf-8") as file:  # somebody may have been faster
            file.write(written)
    except OSError as e:
        raise ConfigError(f"The configuration {path} cannot be written: {e.strerror}. Give another path.") from e
    for note in notes:
        say(f"  {note}")
    say(f"written: {path}. What it would do, and what is missing yet:  dgrc run {shlex.quote(str(path))} --dry-run")
