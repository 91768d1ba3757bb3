"""Lists, held against the same list made row by row: what is in it, in which order, and what each facet counts."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dgrc.view.index.segment import MANY, ONE
from dgrc.view.query import Chosen, Facet, View
from dgrc.view.query import ranking as ranking_module
from dgrc.view.query.facets import Combinations
from dgrc.view.store import Table

ONES, BITS, MARKS = {1: "a", 2: "b", 3: "c"}, {1: "x", 2: "y"}, {1: "unmarked", 2: "right"}


@pytest.fixture(scope="module", autouse=True)
def small_steps() -> Iterator[None]:
    """Rows are looked through few at a time, so that short lists have many steps."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ranking_module, "STEP", 2)
        yield


class Lines:
    """A store with one table, of which a row's line is its number."""

    def __init__(self, ids: list[int]):
        self.tables = {"cases": Table(np.array(ids, np.int64), {}, {}, [], np.empty((0, 2), np.int64), Counter())}

    def lines(self, _: str, numbers: list[int]) -> list[dict[str, Any]]:
        return [{"number": number} for number in numbers]


class Listed(View):
    """Finds words in a column of its own."""

    found: np.ndarray

    def search(self, words: str) -> np.ndarray:
        return self.found if words == "found" else np.zeros(len(self.table), bool)


Row = tuple[int, int, int, int, bool, bool]
"""Code, bits, mark, rank, whether it is in the list at all, and whether it has the word."""
SMALL = st.integers(0, 3)
ROWS = st.lists(
    st.tuples(SMALL, SMALL, st.integers(1, 2), st.integers(-2, 2), st.booleans(), st.booleans()), max_size=40
)


def made(rows: list[Row]) -> Listed:
    columns = [np.array(column) for column in zip(*rows, strict=True)] or [np.empty(0)] * 6
    code, bits, mark, rank, inside, found = (
        column.astype(kind) for column, kind in zip(columns, (ONE, MANY, ONE, np.int64, bool, bool), strict=True)
    )
    facets = {"one": Facet("One", code, ONES), "many": Facet("Many", bits, BITS, many=True)}
    ids = [7 * n - 100 for n in range(len(rows))]
    view = Listed(Lines(ids), "cases", facets, {"rank": rank, "as read": np.zeros(len(rows))}, inside)  # type: ignore[arg-type]
    view.found = found
    view.put("marked", Facet("Marked", np.ones(len(rows), ONE), MARKS))
    view.page(Chosen())  # what lasts is combined by now
    view.put("marked", Facet("Marked", mark, MARKS))
    return view


def has(row: Row, name: str, said: list[str]) -> bool:
    names = {
        "one": {ONES[row[0]]} if row[0] else set(),
        "many": {name for bit, name in BITS.items() if row[1] & 1 << (bit - 1)},
        "marked": {MARKS[row[2]]},
    }
    return bool(names[name].intersection(said))


def plain(rows: list[Row], chosen: Chosen, but: str = "") -> list[int]:
    """The numbers of the list's rows, in order."""
    values = {name: said for name, said in chosen.values.items() if said and name != but}
    listed = [
        n for n, row in enumerate(rows)
        if row[4] and (not chosen.words or row[5]) and all(has(row, name, list(said)) for name, said in values.items())
    ]  # fmt: skip
    return sorted(listed, key=lambda n: -rows[n][3]) if chosen.order != "as read" else listed


CHOSEN = st.builds(
    Chosen,
    st.fixed_dictionaries(
        {},
        optional={
            "one": st.lists(st.sampled_from("abc"), max_size=2),
            "many": st.lists(st.sampled_from("xy"), max_size=2),
            "marked": st.lists(st.sampled_from(["unmarked", "right"]), max_size=1),
        },
    ),
    st.sampled_from(["", "found"]),
    st.sampled_from(["rank", "as read", "no such order"]),
)


@given(ROWS, CHOSEN, st.integers(1, 9))
def test_a_list_is_what_it_is_row_by_row(rows: list[Row], chosen: Chosen, limit: int) -> None:
    view, wanted = made(rows), plain(rows, chosen)
    page = view.page(chosen, limit=limit)
    assert [row["number"] for row in page["rows"]] == wanted[:limit] and page["total"] == len(wanted)
    counted = {facet["name"]: dict(facet["values"]) for facet in page["facets"]}
    for name, names in (("one", ONES), ("many", BITS), ("marked", MARKS)):
        others = [rows[n] for n in plain(rows, chosen, but=name)]
        told = {value: sum(has(row, name, [value]) for row in others) for value in names.values()}
        assert counted[name] == {value: count for value, count in told.items() if count}
    for n, row in enumerate(rows):
        around = view.around(chosen, 7 * n - 100)
        if n not in wanted:
            assert around == {"place": None, "total": len(wanted), "before": None, "after": None}
            continue
        at = wanted.index(n)
        beside = [wanted[at - 1] if at else None, wanted[at + 1] if at + 1 < len(wanted) else None]
        assert [around["before"], around["after"]] == [None if m is None else str(7 * m - 100) for m in beside], row
        assert around["place"] == at + 1
        after = view.page(chosen, after=7 * n - 100, limit=limit)
        assert [row["number"] for row in after["rows"]] == wanted[at + 1 : at + 1 + limit]
        assert after["from"] == at + 1 and after["facets"] is None
    codes = Counter(row[0] for row in rows if row[0])
    assert dict(view.counts("one")) == {ONES[code]: count for code, count in codes.items()}


@given(ROWS)
def test_rows_of_one_combination_have_the_same_values(rows: list[Row]) -> None:
    columns = [np.array(column, np.int64) for column in zip(*(row[:3] for row in rows), strict=True)]
    combined = Combinations.of_rows(len(rows))
    for column in columns:
        combined = combined.refined(column)
        assert column[combined.first][combined.of].tolist() == column.tolist()
    assert len(combined.first) == len({row[:3] for row in rows}) and combined.sizes().sum() == len(rows)


def test_a_page_looks_through_no_more_rows_than_it_needs() -> None:
    asked: list[int] = []

    def listed(numbers: np.ndarray) -> np.ndarray:
        asked.extend(numbers.tolist())
        return numbers % 10 == 0

    ranking = ranking_module.Ranking.by(np.zeros(100))
    assert ranking.following(3, listed, 2) == [10, 20] and max(asked) < 40
    asked.clear()
    assert ranking.before(60, listed) == 50 and min(asked) > 40
    assert ranking.following(91, listed, 5) == [] and ranking.before(0, listed) is None
