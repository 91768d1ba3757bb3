"""`dgrc view RUN [RUN ...]`: runs in the browser."""

import os
import sys
import tempfile
from pathlib import Path

import click

from dgrc.cli.common import say, tell

PORT = 7474


@click.command()
@click.argument("runs", nargs=-1, required=True, metavar="RUN...", type=click.Path())
@click.option("--port", default=PORT, show_default=True, type=click.IntRange(1, 65535), help="Or the next free one.")
@click.option("--browser/--no-browser", default=True, help="Open the address in the browser.")
@click.option("--read-only", is_flag=True, help="Take no marks: nothing is written but the index.")
def view(runs: tuple[str, ...], port: int, browser: bool, read_only: bool) -> None:
    """Look at runs in the browser: overview, cases, atoms, what changed. A run under way is followed. What is marked
    right or wrong is kept beside the run, in marks.jsonl.

    It serves to this machine alone, at an address with a token that it prints, until it is interrupted. On another
    machine, forward the port: ssh -L PORT:localhost:PORT.
    """
    from dgrc.storage.objectstore.runs import looked_at
    from dgrc.view.follow import Runs
    from dgrc.view.server import listen, new_token, serve

    found = [looked_at(run) for run in dict.fromkeys(runs)]
    on, token = listen(port), new_token()
    address = f"http://127.0.0.1:{on.getsockname()[1]}/{token}/"
    tell(address)
    say(f"Ctrl-C ends it. Whoever has the address can read {'' if read_only else 'and mark '}the runs on this machine.")
    with tempfile.TemporaryDirectory(prefix="dgrc-view-") as folder:
        if browser:
            _open(address, Path(folder))
        try:
            serve(Runs(found, not read_only), token, on)
        except KeyboardInterrupt:
            say("ended")


def _open(address: str, folder: Path) -> None:
    """Opens the browser at a file that leads there: an address on its command line could be read by other users."""
    import webbrowser

    if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        say("There is no screen here, so no browser is opened.")
        return
    page = folder / "open.html"
    page.write_text(f'<!doctype html><meta http-equiv="refresh" content="0;url={address}">', encoding="utf-8")
    webbrowser.open(page.as_uri())
