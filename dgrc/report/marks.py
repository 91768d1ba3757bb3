"""What people's marks come to: marks in, the share that is right with its interval out, for terminal and browser."""

from collections.abc import Iterable, Iterator
from typing import Any

from dgrc.method.interval import wilson
from dgrc.storage.marks.record import ATOM, CHAIN, RIGHT, Mark

CONFIDENCE = 0.95
GROUPS = (
    (CHAIN, True, "chains in the curriculum"), (CHAIN, False, "chains left out of it"),
    (CHAIN, None, "chains before there was a curriculum"), (ATOM, True, "atoms kept"), (ATOM, False, "atoms dropped"),
)  # fmt: skip
"""What is told apart: shares of what is learned and of what is not say nothing about each other."""


def shares(marks: Iterable[Mark]) -> list[dict[str, Any]]:
    """Of each group with marks its `name`, how many were found `right`, of how many (`n`), the `share`, and its 95 %
    Wilson interval from `low` to `high`. It is that of marks on items that were picked by chance."""
    said = list(marks)
    found = []
    for what, kept, name in GROUPS:
        those = [mark.mark == RIGHT for mark in said if (mark.what, mark.kept) == (what, kept)]
        if those:
            right, n = sum(those), len(those)
            low, high = (round(end, 4) for end in wilson(right, n, CONFIDENCE))
            share = round(right / n, 4)
            found.append({"name": name, "right": right, "n": n, "share": share, "low": low, "high": high})
    return found


def lines(marks: Iterable[Mark]) -> Iterator[str]:
    """The same in words, a line each."""
    for group in shares(marks):
        yield (
            f"{group['right']:,} of {group['n']:,} marked {group['name']} are right: {group['share']:.1%} "
            f"[{group['low']:.1%}, {group['high']:.1%}]"
        )
