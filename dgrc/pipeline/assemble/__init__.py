"""The last pass: atoms and verdicts in, the curricula out, ready for any trainer.

Each curriculum is a folder with `*.parquet` and `train.jsonl` of chat `messages` (what `datasets`,
TRL, LLaMA-Factory and axolotl load) and a dataset card. Rows are sorted by id, so that the same
completions give the same bytes, and each says from which questions of the user's files it came. Baseline recipes come
from the same cases, at no further sampling.
"""

import dataclasses
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import ray

from dgrc.config import MethodConfig
from dgrc.method import curriculum
from dgrc.method.prompts import load_pack
from dgrc.method.text.thoughts import learned
from dgrc.pipeline.assemble.marked import Changes
from dgrc.questions.origins import origins, traced
from dgrc.records import Atom, Case, Chain, Example, VerifiedCase
from dgrc.storage.arrow import arrow_schema, from_row, to_row
from dgrc.storage.atomic import fresh_folder, write_text
from dgrc.storage.cards import front_matter, table

C = TypeVar("C", Case, VerifiedCase)
ROWS_PER_FILE = 100_000
SCHEMA = arrow_schema(Example)
FRONT = {
    "license": "other", "task_categories": ["text-generation"], "tags": ["dgrc", "synthetic"],
    "configs": [{"config_name": "default", "data_files": "*.parquet"}],
}  # fmt: skip
CARD = """# {title}

{count:,} examples made by dgrc. Column `messages` holds the chat turns; the assistant turn is what to learn. `kind` is
`atom` or `chain`, `source` the id of the atom or question it came from. `source_id`, `source_file` and `source_line`
say where the question stands in the files that were given, of an atom the first question that asked it; `sources` has
all of them. No label was used to make it; the replies are a model's and can be wrong.

"""
READ_BY = """
How the answers of the teacher's chains were read, of those that could be: {tiers}. `tag` is the form that was asked
for; the others are surer than a guess and less sure than that (`asked` is a reader's word).
"""


def assemble(
    data: Mapping[str, Path],
    output: Path,
    method: MethodConfig,
    recipe: str,
    thoughts: str,
    made_with: Mapping[str, str],
    changes: Changes,
) -> dict[str, int]:
    """Writes the curriculum of one recipe (`curriculum.RECIPES`).

    Args:
        data: The folders of the datasets `questions`, `cases`, `atoms` and `verdicts`.
        output: Where the curriculum's folders go.
        method: Settings.
        recipe: Its name.
        thoughts: `training.thoughts`.
        made_with: Facts for the cards, such as models and run.
        changes: What people's marks change in it.

    Returns:
        The number of examples by curriculum (`atomic`, `cot`), of those that the recipe has.
    """
    parts, cases = curriculum.RECIPES[recipe], data["cases"]
    sources: dict[str, tuple[Path, Callable[[dict[str, Any]], Iterable[Example]]]] = {}
    if parts.atoms:
        sources["atomic"] = (data["atoms"], _AtomExamples(method, changes))
    if parts.verified:
        sources["cot"] = (data["verdicts"], _VerifiedExamples(method, thoughts, changes))
    elif parts.chains:
        sources["cot"] = (cases, _CaseExamples(method, recipe, thoughts))
    facts = {"recipe": recipe, **made_with}
    written = {
        name: write_curriculum(output / name, path, make, data["questions"], facts)
        for name, (path, make) in sources.items()
    }
    if "cot" in written and (tiers := _read_by(cases)):
        said = ", ".join(f"{tier} {count:,}" for tier, count in tiers.most_common())
        _add(output / "cot" / "README.md", READ_BY.format(tiers=said))
    for name in written if changes else ():
        _add(output / name / "README.md", changes.card())
    return written


def _add(card: Path, text: str) -> None:
    write_text(card, card.read_text(encoding="utf-8") + text)


def _read_by(cases: Path) -> Counter[str]:
    """The teacher's chains by the tier that read them."""
    tiers: Counter[str] = Counter()
    for path in sorted(cases.glob("*.parquet")):
        file = pq.ParquetFile(path)
        column = "teacher.list.element.read_by"
        if column in {file.schema.column(n).path for n in range(len(file.schema))}:
            for batch in file.iter_batches(columns=[column]):
                tiers.update(chain["read_by"] for row in batch.to_pylist() for chain in row["teacher"])
    del tiers[None]
    return tiers


class _AtomExamples:
    def __init__(self, method: MethodConfig, changes: Changes):
        self._method, self._changes = method, changes

    def __call__(self, row: dict[str, Any]) -> list[Example]:
        atom = self._changes.atom(from_row(Atom, row))
        if atom is None or not atom.kept:
            return []
        return [curriculum.atom_example(load_pack(self._method.prompts), atom)]


class _VerifiedExamples:
    def __init__(self, method: MethodConfig, thoughts: str, changes: Changes):
        self._method, self._thoughts, self._changes = method, thoughts, changes

    def __call__(self, row: dict[str, Any]) -> list[Example]:
        case = _as_learned(self._changes.case(from_row(VerifiedCase, row)), self._thoughts)
        method = self._method
        return curriculum.verified_examples(
            load_pack(method.prompts), case, method.chains_per_question, method.agreeing, method.accept_unchecked
        )


class _CaseExamples:
    def __init__(self, method: MethodConfig, recipe: str, thoughts: str):
        self._method, self._recipe, self._thoughts = method, recipe, thoughts

    def __call__(self, row: dict[str, Any]) -> list[Example]:
        chains = curriculum.RECIPES[self._recipe].chains
        assert chains is not None
        return chains(load_pack(self._method.prompts), _as_learned(from_row(Case, row), self._thoughts))


def _as_learned(case: C, thoughts: str) -> C:
    """The case with chains whose text is what a student learns of them."""

    def told(chains: tuple[Chain, ...]) -> tuple[Chain, ...]:
        return tuple(dataclasses.replace(chain, text=learned(chain, thoughts), thoughts="") for chain in chains)

    if isinstance(case, Case):
        return dataclasses.replace(case, teacher=told(case.teacher), student=told(case.student))
    return dataclasses.replace(case, teacher=told(case.teacher))


def write_curriculum(
    folder: Path,
    source: Path,
    make: Callable[[dict[str, Any]], Iterable[Example]],
    questions: Path,
    facts: Mapping[str, str],
) -> int:
    """Writes the distinct examples that `make` gives for each row of a dataset, and a card of them with these facts;
    returns how many there are."""
    examples = _made(source, make)
    asked_by: dict[int, set[int]] = defaultdict(set)
    for id_, askers in zip(examples["id"].to_pylist(), examples["asked_by"].to_pylist(), strict=True):
        asked_by[id_].update(askers)
    known = origins(questions, set().union(*asked_by.values()))
    ids = examples["id"].to_numpy()
    examples = examples.filter(pa.array(np.r_[True, ids[1:] != ids[:-1]][: len(ids)]))  # equal examples are neighbours
    examples = examples.drop_columns("asked_by")
    fresh_folder(folder)
    with open(folder / "train.jsonl", "w", encoding="utf-8") as jsonl:
        for part, start in enumerate(range(0, max(len(examples), 1), ROWS_PER_FILE)):
            rows = examples.slice(start, ROWS_PER_FILE).to_pylist()
            rows = [{**row, **traced(asked_by[row["id"]], known)} for row in rows]
            pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), folder / f"part-{part:05d}.parquet")
            jsonl.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    text = CARD.format(title=f"{folder.name.capitalize()} curriculum", count=len(examples))
    write_text(folder / "README.md", front_matter(FRONT) + text + table(facts))
    return len(examples)


def _made(source: Path, make: Callable[[dict[str, Any]], Iterable[Example]]) -> pa.Table:
    """The examples of a dataset's rows, sorted by id, each with the questions that it comes from as `asked_by`: those
    that asked an atom; other rows are a question each."""
    schema = SCHEMA.append(pa.field("asked_by", pa.list_(pa.int64())))

    def expand(batch: pa.Table) -> pa.Table:
        rows = batch.to_pylist()
        made = [{**to_row(e), "asked_by": row.get("asked_by") or [row["id"]]} for row in rows for e in make(row)]
        return pa.Table.from_pylist(made, schema=schema)

    dataset = ray.data.read_parquet(str(source)).map_batches(expand, batch_size=1024, batch_format="pyarrow")
    batches = dataset.iter_batches(batch_size=None, batch_format="pyarrow")
    tables = [batch.cast(schema) for batch in batches if batch.num_rows]
    # Text for training fits in memory long before its training would fit in a budget; sorting makes it reproducible.
    return pa.concat_tables([schema.empty_table(), *tables]).sort_by([("id", "ascending"), ("source", "ascending")])
