"""A run of many cases, made without models: a folder, a number and a seed in; questions, cases, atoms, verdicts and
curriculum as the passes write them, out.

The words are drawn as those of a language are (few often, most seldom), one case in eight is Chinese, chains have the
lengths that 4 chains of two models have, and what the passes would count adds up.
"""

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from dgrc.config.file import dump_config, make_config
from dgrc.method.screen import atom_id
from dgrc.records import Atom, Case, Example, Question, VerifiedCase, content_id, hash64
from dgrc.storage.arrow import arrow_schema
from dgrc.storage.run_dir import RunDir

Row = dict[str, Any]
LETTERS, CHAINS, WORDS, VOCABULARY, SYLLABLES = (
    "ABCD",
    4,
    90,
    30_000,
    "ka re mi to sun vel dor ine ta lo qui bes".split(),
)
CHINESE = "法院认为合同无效当事人应当返还财产诉讼时效为三年原告请求解除被告承担违约责任高血压患者心电图检查治疗方案"
USAGE = ("calls", "prompt_tokens", "completion_tokens", "cached_tokens")


def make(folder: Path, cases: int, seed: int = 0, rows_a_file: int = 64) -> RunDir:
    """Writes a run of so many cases."""
    run = RunDir(folder)
    run.root.mkdir(parents=True)
    config = make_config({"name": run.root.name, "runs_dir": str(run.root.parent)})
    run.config_file.write_text(dump_config(config), encoding="utf-8")
    maker = _Maker(random.Random(seed))
    kinds = {"questions": Question, "cases": Case, "verdicts": VerifiedCase, "cot": Example}
    writers = {
        name: _Files(run.curriculum() / "cot" if name == "cot" else run.dataset(name), record, rows_a_file)
        for name, record in kinds.items()
    }
    for number in range(cases):
        for name, row in maker.case(number):
            writers[name].add(row)
    for writer in writers.values():
        writer.flush()
    atoms = _Files(run.dataset("atoms"), Atom, 100_000)
    for row in maker.answered():
        atoms.add(row)
    atoms.flush()
    return run


def searches(count: int, seed: int = 0) -> list[str]:
    """What may be looked for in a run that `make` made with this seed, hardly any twice: words, begun ones, ids."""
    random_ = random.Random(seed)
    maker = _Maker(random_)

    def word() -> str:
        return maker.text(1, False)[:-1]

    def signs() -> str:
        return "".join(random_.sample(CHINESE, 2))

    kinds: tuple[Callable[[], str], ...] = (
        word, lambda: f"{word()} ", lambda: f"{word()} {word()}", lambda: word()[:4], signs,
        lambda: f"{signs()} {signs()}", lambda: f"q-{random_.randrange(100_000):07d}", lambda: random_.choice(CHINESE),
    )  # fmt: skip
    return [kinds[n % len(kinds)]() for n in range(count)]


class _Files:
    def __init__(self, folder: Path, record: type[Any], rows: int):
        folder.mkdir(parents=True)
        self._folder, self._schema, self._most = folder, arrow_schema(record), rows
        self._rows: list[Row] = []
        self._number = 0

    def add(self, row: Row) -> None:
        self._rows.append(row)
        if len(self._rows) >= self._most:
            self.flush()

    def flush(self) -> None:
        table = pa.Table.from_pylist(self._rows, schema=self._schema)
        pq.write_table(table, self._folder / f"part-{self._number:06d}.parquet")
        self._rows, self._number = [], self._number + 1


class _Maker:
    def __init__(self, random_: random.Random):
        self._random = random_
        self._words = [
            "".join(random_.choices(SYLLABLES, k=random_.randint(1, 3))) + str(n % 7 or "") for n in range(VOCABULARY)
        ]
        self._asked: dict[int, tuple[str, set[int]]] = {}

    def case(self, number: int) -> Iterator[tuple[str, Row]]:
        """The rows of a case, by dataset."""
        random_, chinese = self._random, number % 8 == 0
        text, choices = self.text(50, chinese), [self.text(6, chinese) for _ in LETTERS]
        id_ = content_id(text, choices)
        right, status = random_.choice(LETTERS), random_.choices(("divergent", "agreeing", "unparsed"), (50, 45, 5))[0]
        teacher = [self._chain(right if random_.random() < 0.8 else "B", chinese) for _ in range(CHAINS)]
        student = [self._chain(right if status == "agreeing" else "C", chinese) for _ in range(CHAINS)]
        atoms = [self._atom(id_, chinese) for _ in range(3)] if status == "divergent" else []
        same = {"id": id_, "text": text, "choices": choices, "status": status, "error": None, "several": False}
        diagnoses = [
            {"teacher": 0, "other": 0, "atoms": atoms, "error": None, "raw": "\n".join(atoms), "against": "student",
             "refused": []}
        ]  # fmt: skip
        yield "questions", {
            "id": id_, "source_id": f"q-{number:07d}", "text": text, "choices": choices, "label": None,
            "source": f"part-{number % 5}.jsonl:{number + 1}", "meta": "", "several": False,
        }  # fmt: skip
        yield "cases", {
            **same, "teacher": teacher, "student": student, "diagnoses": diagnoses if atoms else [],
            "usage": [_usage("teacher", "sample"), _usage("student", "sample")], "auditor": [], "asked": [],
        }  # fmt: skip
        verdicts = [self._verdict(n, atoms) for n in range(CHAINS)] if atoms else []
        yield "verdicts", {
            **same, "teacher": teacher, "verdicts": verdicts, "usage": [_usage("teacher", "verify")], "audit": None,
            "supporting": [], "opposing": [],
        }  # fmt: skip
        for verdict in verdicts[:1]:
            if verdict["consistent"]:
                reply = teacher[0]["text"]
                turns = [{"role": "user", "content": text}, {"role": "assistant", "content": reply}]
                yield "cot", {
                    "id": hash64(reply), "kind": "chain", "source": id_, "messages": turns, "source_id": f"q-{number}",
                    "source_file": "", "source_line": 0, "sources": [],
                }  # fmt: skip

    def answered(self) -> Iterator[Row]:
        """The rows of all atoms that were asked."""
        for id_, (question, askers) in self._asked.items():
            agreeing = self._random.choice((4, 4, 4, 3, 2))
            yield {
                "id": id_, "question": question, "variants": [question], "asked_by": sorted(askers),
                "answer": self.text(2, False), "rationale": self.text(20, False), "agreement": agreeing / 4,
                "answers": ["three years"] * agreeing + ["two years"] * (4 - agreeing), "kept": agreeing > 2,
                "dropped_because": None if agreeing > 2 else "disagreement", "usage": [_usage("teacher", "answer")],
                "error": None, "ifd": None, "judge": self._random.randint(6, 14), "cluster": None,
            }  # fmt: skip

    def text(self, words: int, chinese: bool) -> str:
        """So many words, or signs of Chinese for them."""
        random_ = self._random
        if chinese:
            return "".join(random_.choices(CHINESE, k=2 * words)) + "。"
        at = (int(VOCABULARY ** random_.random()) - 1 for _ in range(words))
        return " ".join(self._words[n] for n in at) + "."

    def _chain(self, letter: str, chinese: bool) -> Row:
        said = " ".join(self.text(WORDS // 6, chinese) for _ in range(6))
        return {
            "text": f"{said}\n<answer>{letter}</answer>", "answer": letter, "finish_reason": "stop",
            "tokens": self._random.randint(80, 400), "thoughts": "", "read_by": "tag",
        }  # fmt: skip

    def _atom(self, asker: int, chinese: bool) -> str:
        question = self.text(9, chinese).rstrip(".。") + "?"
        self._asked.setdefault(atom_id(question), (question, set()))[1].add(asker)
        return question

    def _verdict(self, chain: int, atoms: list[str]) -> Row:
        facts = [atom_id(atom) for atom in atoms]
        passed = self._random.random() < 0.7
        against = [] if passed else facts[:1]
        checks = [
            {"fact": fact, "relation": relation, "by": "comparison", "finding": "5"}
            for fact in facts for relation in ("contradicts" if fact in against else "supports",)
        ]  # fmt: skip
        return {
            "chain": chain, "consistent": passed, "facts": facts, "contradicted_by": against, "reason": None,
            "checks": checks,
        }  # fmt: skip


def _usage(role: str, step: str) -> Row:
    return {"role": role, "step": step, **dict.fromkeys(USAGE, 100), "calls": 4, "wrapped": 0}
