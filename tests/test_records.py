"""Records: every type survives Arrow and Parquet unchanged; identities are the same on every machine, for ever."""

import dataclasses
import io
import typing
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dgrc import records
from dgrc.records import Question, Verdict, content_id, hash64
from dgrc.records import corpus as corpus_records
from dgrc.storage.arrow import arrow_schema, from_row, to_row

ROW_TYPES = [
    item
    for module in (records, corpus_records)
    for item in vars(module).values()
    if isinstance(item, type) and dataclasses.is_dataclass(item) and item.__module__ == module.__name__
]
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
BASIC: dict[Any, st.SearchStrategy[Any]] = {
    int: st.integers(-(2**63), 2**63 - 1),
    str: TEXT,
    float: st.floats(allow_nan=False),
    bool: st.booleans(),
    type(None): st.none(),
}


def strategy(hint: Any) -> st.SearchStrategy[Any]:
    """Values of a field's type, nested records included."""
    if hint in BASIC:
        return BASIC[hint]
    if dataclasses.is_dataclass(hint):
        return st.builds(hint, **{name: strategy(inner) for name, inner in typing.get_type_hints(hint).items()})
    if hint == records.Message:
        return st.fixed_dictionaries({"role": TEXT, "content": TEXT})
    arguments = typing.get_args(hint)
    if typing.get_origin(hint) is tuple:
        return st.lists(strategy(arguments[0]), max_size=2).map(tuple)
    return st.one_of([strategy(argument) for argument in arguments])


@pytest.mark.parametrize("cls", ROW_TYPES, ids=lambda cls: cls.__name__)
def test_every_record_survives_parquet(cls: type[Any]) -> None:
    @settings(max_examples=25, deadline=None)
    @given(st.lists(strategy(cls), max_size=3))
    def round_trip(written: list[Any]) -> None:
        file = io.BytesIO()
        pq.write_table(pa.Table.from_pylist([to_row(r) for r in written], schema=arrow_schema(cls)), file)
        table = pq.read_table(file)
        assert table.schema.remove_metadata() == arrow_schema(cls)
        assert [from_row(cls, row) for row in table.to_pylist()] == written

    round_trip()


def test_there_are_records_to_test() -> None:
    names = {cls.__name__ for cls in ROW_TYPES}
    assert {"Question", "Case", "Atom", "VerifiedCase", "Example", "WrittenPassage"} <= names


def test_a_missing_column_is_an_error() -> None:
    row = to_row(Question(1, "a", "t", (), None, "s", "{}"))
    del row["text"]
    with pytest.raises(KeyError, match="text"):
        from_row(Question, row)


def test_a_column_that_came_later_has_its_default_in_rows_without_it_and_in_nulls() -> None:
    row = to_row(Verdict(0, True, (1,), (), None))
    del row["checks"]
    assert from_row(Verdict, row) == from_row(Verdict, row | {"checks": None}) == Verdict(0, True, (1,), (), None, ())


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ((), -1970711489451281740),
        (("a",), -337833425948327890),
        (("ab", "c"), 6587551618029850303),
        (("日本", "é"), 4022776680649184596),
    ],
)
def test_hashes_never_change(parts: tuple[str, ...], expected: int) -> None:
    assert hash64(*parts) == expected  # recorded: rows on disk are found by them


def test_an_id_depends_on_text_and_choices_and_their_borders() -> None:
    ids = [
        content_id("ab", ()), content_id("a", ("b",)), content_id("a", ("b", "c")), content_id("a", ("c", "b")),
        content_id("", ("ab",)), content_id("ab", ("",)),
    ]  # fmt: skip
    assert len(set(ids)) == len(ids)


@given(st.lists(TEXT, max_size=4), st.lists(TEXT, max_size=4))
def test_hashes_are_64_bits_and_tell_lists_apart(a: list[str], b: list[str]) -> None:
    assert -(2**63) <= hash64(*a) < 2**63
    assert (hash64(*a) == hash64(*b)) == (a == b)
