"""Boxes for a terminal that cut nothing: text flows in; panels, side by side where there is room, flow out."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from dgrc.report.said import Said

BORDER, SIDE_BY_SIDE = 6, 76
"""Columns that a title has less than its panel, and those below which panels stand under each other."""


@dataclass
class Box:
    """Text in a panel. A title that does not fit into its border stands in the panel: there it is folded."""

    title: str
    body: Text
    style: str = "none"
    subtitle: str = ""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        room = options.max_width - BORDER
        head, foot = (
            (Said(said), said if cell_len(said) <= room and "\n" not in said else None)
            for said in (self.title, self.subtitle)
        )
        body = Said()
        if head[1] is None:
            body.append(self.title, "bold").append("\n")
        body.append_text(self.body)
        if foot[1] is None:
            body.append(f"\n{self.subtitle}")
        yield Panel(
            body, title=head[0] if head[1] else None, subtitle=foot[0] if foot[1] else None, border_style=self.style
        )


@dataclass
class Beside:
    """Boxes in two columns, or under each other where these would be too narrow to read."""

    left: Sequence[Box]
    right: Sequence[Box]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if options.max_width < SIDE_BY_SIDE:
            yield from (*self.left, *self.right)
            return
        table = Table.grid(expand=True, padding=(0, 1))
        table.add_column(ratio=1, overflow="fold")  # by default a word that is wider than a column is cut
        table.add_column(ratio=1, overflow="fold")
        for pair in zip_longest(self.left, self.right, fillvalue=""):
            table.add_row(*pair)
        yield table
