"""What was there before is found, among the rows under way and among all before them, with its place."""

import random
from dataclasses import replace

import pytest

from dgrc.questions import seen as firsts
from dgrc.questions.columns import RawRow
from dgrc.questions.seen import Firsts, Seen


@pytest.mark.parametrize("most_merged", [1 << 22, 100])
def test_keys_are_found_with_their_places_however_they_were_added(
    most_merged: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(firsts, "MOST_MERGED", most_merged)
    chance, added, places = random.Random(0), dict[int, int](), Firsts()
    for number in range(60):
        new = {chance.randrange(-(2**63), 2**63): number * 100 + k for k in range(chance.randrange(40))}
        places.add(new)
        added |= new
    asked = [*added, *(key + 1 for key in added), -(2**63), 2**63 - 1]
    assert len(added) > 1000 and places.known(asked) == {key: added[key] for key in asked if key in added}
    assert Firsts().known([1, 2]) == {} and places.known([]) == {}


def test_memory_is_a_few_arrays_of_sixteen_bytes_a_key() -> None:
    places = Firsts()
    for number in range(200):
        places.add({number * 1000 + k: k for k in range(1000)})
    assert sum(array.nbytes for array in places._arrays) == 200_000 * 16 and len(places._arrays) < 20


def test_repeats_are_named_by_content_and_by_id_also_within_rows_under_way() -> None:
    seen = Seen(["a:b.jsonl", "s3://c/d.jsonl"])
    batches = [
        [row("a:b.jsonl:1", "one", "x"), row("a:b.jsonl:3", "one", "y"), row("a:b.jsonl:4", "two", "x")],
        [row("s3://c/d.jsonl:2", "two", ""), row("s3://c/d.jsonl:3", "one", ""), row("s3://c/d.jsonl:4", "three", "x")],
        [row("s3://c/d.jsonl:1099511627775", "four", "z"), row("s3://c/d.jsonl:9", "two", "z")],
        [row("s3://c/d.jsonl:10", "five", "z")],
    ]
    said = []
    for raw, id_ in seen.over(batches):
        if (problem := seen.repeated(raw, id_)) is None:
            seen.keep(raw, id_)
        said.append(problem and " ".join(problem))
    assert said == [
        None, "repeated same text and choices as a:b.jsonl:1", "repeated_id same id 'x' as a:b.jsonl:1",
        None, "repeated same text and choices as a:b.jsonl:1", "repeated_id same id 'x' as a:b.jsonl:1",
        None, "repeated same text and choices as s3://c/d.jsonl:2",
        "repeated_id same id 'z' as s3://c/d.jsonl:1099511627775",
    ]  # fmt: skip


def row(place: str, text: str, source_id: str) -> RawRow:
    return RawRow(place, text=text, source_id=source_id)


def test_a_repeat_with_another_label_says_so_and_is_refused_all_the_same() -> None:
    labels = ["A", "B", "A", None]
    rows = [replace(row(f"f:{number}", "one", ""), label=label) for number, label in enumerate(labels, 1)]
    for batches in ([rows], [[raw] for raw in rows]):
        seen, said = Seen(["f"]), []
        for raw, id_ in seen.over(batches):
            if (problem := seen.repeated(raw, id_)) is None:
                seen.keep(raw, id_)
            said.append(problem)
        same = "same text and choices as f:1"
        assert said == [None, ("repeated", f"{same}, whose label is not 'B'"), ("repeated", same), ("repeated", same)]
