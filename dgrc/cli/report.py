"""`dgrc report RUN`: a run as one file, for whoever has neither the run nor dgrc."""

from pathlib import Path

import click

from dgrc.cli.common import say, tell


@click.command()
@click.argument("run", type=click.Path())
@click.option("--out", type=click.Path(), help="Write it there; by default to report.html in the run's folder.")
@click.option("--markdown", is_flag=True, help="A card in Markdown, printed where --out names no file.")
@click.option("--round", "number", type=click.IntRange(min=1), help="Of this round; of the last one by default.")
@click.option("--cases", type=click.IntRange(min=0), help="So many cases: by default 200, of a card 3.")
def report(run: str, out: str | None, markdown: bool, number: int | None, cases: int | None) -> None:
    """Write a run's figures and its most telling cases to one HTML file, which loads nothing and needs no script."""
    from dgrc.errors import RunDirError
    from dgrc.storage.objectstore.runs import lies_at, looked_at, origin_of
    from dgrc.storage.run_dir import REPORT
    from dgrc.storage.standing import rounds
    from dgrc.view.report.write import put, report

    folder = looked_at(run, number or 1)
    if out is None and not markdown and origin_of(folder) is not None:
        raise RunDirError(f"{lies_at(folder)} is on a store, and nothing is written there. Give a file by --out.")
    if number is None:
        folder = folder.in_round(max(rounds(folder), default=1))
    text = report(folder, markdown, say, cases)
    if markdown and out is None:
        tell(text, nl=False)
        return
    file = Path(out).expanduser() if out is not None else folder.root / REPORT
    put(text, file)
    tell(str(file))
