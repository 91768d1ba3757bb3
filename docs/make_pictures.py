"""The pictures of `dgrc view` that README and docs show: a run flows in, docs/view_*.png flow out, all or none.

    python docs/make_pictures.py                     (curates 60 sums twice with the toy models; a minute, no weights)
    python docs/make_pictures.py runs/demo-small     (of `dgrc run proving/small --set rounds.count=2`, or any other)

It needs Chromium with its driver, and the extra `dev`. Each picture has its name and its size. One shows what changed:
from the round before, or from a second run over the same questions. Nothing is marked: the run stays as it is, but for
the index of the view. The toy models know no chance, so without RUN the pictures can be made again.
"""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # pages are driven as the tests of the pages do it

from dgrc.config.file import load_config
from dgrc.errors import DgrcError
from dgrc.storage.run_dir import RunDir
from dgrc.storage.standing import opened, rounds
from dgrc.view.follow import Runs
from dgrc.view.ready import indexed
from tests.paths import ROOT
from tests.view.browser import chromium, look, missing, until, viewing

DOCS = ROOT / "docs"
SIZES = {"overview": (1100, 1000), "list": (1100, 760), "case": (1100, 1240), "compare": (1100, 900)}
MOST_BYTES = 250_000
TOY = {"toy-one-chain": 1, "toy": 3}
"""Runs of the toy models by name, with the chains that their teacher writes; the last one is looked at."""
TRIED = 50
"""Cases that are opened, those first that tell most, until one shows what its picture is to show."""

FUNNEL = "document.querySelector('.funnel')"
ROWS = "document.querySelectorAll('ol.rows > li > a')"
LIST = "document.querySelectorAll('ol.rows > li').length"
PARTED = "document.querySelectorAll('mark.parting').length === 2"
LIT = """(() => {
  for (const link of document.querySelectorAll('.atom.against .ask a, .atom .ask a')) {
    link.focus({ preventScroll: true });
    const seen = link.closest('.atom').getBoundingClientRect().bottom < innerHeight;
    if (seen && document.querySelector('.columns mark.lit')) return true;
  }
  return false;
})()"""


NAMELESS = """
const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walk.nextNode()) {
  for (const [folder, name] of arguments[0]) walk.currentNode.data = walk.currentNode.data.replaceAll(folder, name);
}
"""
"""Where a run lies on this machine is nobody's business: pictures say `runs/NAME`."""


class Refused(click.ClickException):
    """What is missing, in a sentence."""

    exit_code = 2


@click.command()
@click.argument("run", required=False)
@click.argument("other", required=False)
@click.option("--out", default=DOCS, type=click.Path(path_type=Path, exists=True, file_okay=False), help="[docs]")
def main(run: str | None, other: str | None, out: Path) -> None:
    """Make the pictures of RUN; what changed is told from OTHER, if there is none from RUN's round before the last.

    Without RUN they are made of the toy models' runs, which are curated first if they are not there.
    """
    if why := missing():
        raise Refused(f"There is no browser to take pictures with: {why}.")
    try:
        names = [one for one in (run, other) if one is not None] or toy()
        runs = [opened(name) for name in names]
        begun = [(one, number) for one in runs for number in rounds(one) or [1]]
        if len(begun) < 2:
            raise Refused(
                f"{run} has one round, so nothing changed in it: name a second run over the same questions, or make "
                "a run with `--set rounds.count=2`."
            )
        for one, number in begun:
            with indexed(one.in_round(number)):
                pass  # so that the pages show all of it at once
    except DgrcError as e:
        raise Refused(str(e)) from None
    pictures = dict(Pages(runs).pictures())
    if large := [name for name, png in pictures.items() if len(png) > MOST_BYTES]:
        raise Refused(f"More than {MOST_BYTES:,} bytes have the pictures of {', '.join(large)}: nothing is written.")
    for name, png in pictures.items():
        (out / f"view_{name}.png").write_bytes(png)
        click.echo(out / f"view_{name}.png")


def toy() -> list[str]:
    """The folders of the toy models' runs, the one that is looked at first."""
    import dgrc

    terms = [(7 * i % 41 + 3, 11 * i % 53 + 5, 13 * i % 29 + 2, 17 * i % 37 + 4)[: 3 + i % 2] for i in range(1, 61)]
    asked = [
        {"id": f"sum-{i}", "question": f"What is {' + '.join(map(str, some))}?"} for i, some in enumerate(terms, 1)
    ]
    folders = []
    for name, chains in TOY.items():
        changed = [f"name={name}", f"runs_dir={ROOT / 'runs'}", f"method.teacher_chains={chains}"]
        settings = load_config("proving/toy", changed)
        run = RunDir.of(settings)
        if not run.mark("assemble"):
            dgrc.curate(settings, questions=asked)
        folders.insert(0, str(run.root))
    return folders


class Pages:
    """The pages of runs, in a browser that nobody sees."""

    def __init__(self, runs: list[RunDir]):
        self.runs, self.names = runs, list(Runs(runs).runs)
        self.last = max(rounds(runs[0]), default=1)

    def pictures(self) -> Iterator[tuple[str, bytes]]:
        """Each picture by its name."""
        with (
            tempfile.TemporaryDirectory(prefix="dgrc-pictures-") as profile,
            viewing(*(one.root.resolve() for one in self.runs)) as self.address,
            chromium(Path(profile)) as self.driver,
        ):
            self.driver.execute_cdp_cmd("Emulation.setScrollbarsHidden", {"hidden": True})
            self.show("overview", f"{self.last}/overview", FUNNEL)
            yield "overview", self.shot()
            self.show("list", "1/cases?status=divergent", LIST)
            yield "list", self.shot()
            self.case()
            yield "case", self.shot()
            before = "" if len(self.names) == 1 else f"?with={quote(self.names[1], safe='')}&wround=1"
            self.show("compare", f"{self.last}/compare{before}", LIST)
            yield "compare", self.shot()

    def show(self, name: str, page: str, shown: str) -> None:
        """Opens a page at its picture's size, until an expression of JavaScript is true there."""
        look(self.driver, *SIZES[name])
        self.driver.get("about:blank")  # for a change behind the # alone would leave what the page before had open
        self.driver.get(f"{self.address}#/{quote(self.names[0], safe='')}/{page}")
        until(self.driver, shown)

    def case(self) -> None:
        """Shows the first case with two marked sentences and, on the picture, an atom that lights words of chains."""
        self.show("case", "1/cases", LIST)
        ids = self.driver.execute_script(f"return [...{ROWS}].map((one) => one.dataset.id)")[:TRIED]
        for one in ids:
            self.show("case", f"1/cases/{one}", "document.querySelector('article.case')")
            if self.says(PARTED) and self.says(LIT):
                return
        raise Refused(f"None of {len(ids)} cases has chains that part at a sentence, and an atom that speaks of it.")

    def says(self, what: str) -> Any:
        return self.driver.execute_script(f"return {what}")

    def shot(self) -> bytes:
        folders = [(str(one.root.resolve().parent), "runs") for one in self.runs]
        self.driver.execute_script(NAMELESS, [*folders, (f"{ROOT}/", "")])
        return bytes(self.driver.get_screenshot_as_png())


if __name__ == "__main__":
    main()
