from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dgrc.records import Example, Origin
from dgrc.storage.arrow import arrow_schema, to_row
from dgrc.training.data.inputs import draw, read_examples, set_apart
from tests.training.builders import make_examples


def test_what_is_set_apart_is_a_share_drawn_by_source_and_seed() -> None:
    atoms, chains = make_examples("atom", 400), make_examples("chain", 400)
    (learned_atoms, learned_chains), (other_atoms, other_chains) = set_apart((atoms, chains), 0.25, seed=1)
    assert sorted(e.id for e in (*learned_atoms, *other_atoms)) == [e.id for e in atoms]
    assert sorted(e.id for e in (*learned_chains, *other_chains)) == [e.id for e in chains]
    assert 70 <= len(other_atoms) <= 130 and 70 <= len(other_chains) <= 130
    assert set_apart((atoms, chains), 0.25, seed=1)[1] == (other_atoms, other_chains)
    assert set_apart((atoms, chains), 0.25, seed=2)[1] != (other_atoms, other_chains)
    # Another curriculum's drawing does not move these: a baseline is validated on the same questions.
    assert set_apart(([], chains[:200]), 0.25, seed=1)[1][1] == [e for e in other_chains if e.id < 200]


def test_all_that_is_said_of_one_question_is_on_one_side() -> None:
    twice = [Example(n, "chain", n // 4, ()) for n in range(400)]
    (_, learned), (_, apart) = set_apart(([], twice), 0.5, seed=0)
    assert not {e.source for e in learned} & {e.source for e in apart} and learned and apart


def test_nothing_is_set_apart_by_default() -> None:
    chains = make_examples("chain", 50)
    assert set_apart(([], chains), 0.0, seed=0) == (([], chains), ([], []))


EARLIER = pa.schema([field for field in arrow_schema(Example) if not field.name.startswith("source_")]).remove(4)


MORE = arrow_schema(Example).append(pa.field("x", pa.int8()))


@pytest.mark.parametrize("schema", [EARLIER, arrow_schema(Example), MORE])
def test_curricula_of_earlier_versions_and_with_more_columns_are_read(tmp_path: Path, schema: pa.Schema) -> None:
    assert EARLIER.names == ["id", "kind", "source", "messages"]
    origin = Origin("q1", "q.jsonl", 7)
    turns = ({"role": "user", "content": "Which?"}, {"role": "assistant", "content": "<answer>B</answer>"})
    made = [Example(n, "chain", n, turns, "q1", "q.jsonl", 7, (origin,)) for n in (2, 1)]
    pq.write_table(pa.Table.from_pylist([to_row(e) for e in made], schema=schema), tmp_path / "part-00000.parquet")
    first, second = read_examples(str(tmp_path))
    assert (first.id, second.id) == (1, 2) and first.messages == turns
    assert first.sources == ((origin,) if "sources" in schema.names else ())


def test_what_is_drawn_follows_from_seed_and_content() -> None:
    examples = make_examples("replayed", 50)
    drawn, there = draw(iter(examples), 10, seed=1)
    assert there == 50 and len({e.id for e in drawn}) == 10
    assert draw(reversed(examples), 10, seed=1) == (drawn, 50), "however they lie in files"
    assert draw(examples, 20, seed=1)[0][:10] == drawn, "more are these and others"
    assert draw(examples, 10, seed=2)[0] != drawn
    assert sorted(e.id for e in draw(examples, 99, seed=1)[0]) == list(range(50))
    assert draw(examples, 1, seed=1) == (drawn[:1], 50)
    assert draw([], 0, seed=1) == ([], 0)
