"""A small run written by hand: every status and verdict, three scripts, texts that would like to be more than text."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from dgrc.config.file import dump_config, make_config
from dgrc.method.screen import atom_id
from dgrc.records import (
    Atom,
    Case,
    Chain,
    Diagnosis,
    Example,
    FactCheck,
    Question,
    Refused,
    Usage,
    Verdict,
    VerifiedCase,
    content_id,
    hash64,
)  # fmt: skip
from dgrc.storage.arrow import arrow_schema, to_row
from dgrc.storage.atomic import write_json
from dgrc.storage.run_dir import RunDir
from dgrc.view.index.build import build

HOSTILE = (
    "<img src=x onerror=\"document.title='owned'\"><script>window.owned=1</script></bdi>\x1b[31mred\x1b]0;owned\x07 "
    "\u202egnp.exe\u202c {{constructor}} javascript:owned() &lt;b&gt; %3Cscript%3E"
)
LONG = "ab" * 600_000
ASKED = {
    "notice": "How long before the end of a yearly lease must a landlord give notice?",
    "writing": "Must notice to end a lease be in writing?",
    "limit": "合同纠纷的诉讼时效期间是多久？",
    "nisab": "ما هي مدة الإخطار؟",
}
ANSWERS = {"notice": "three months", "writing": "yes", "limit": "三年", "nisab": "ثلاثة أشهر"}


@dataclass
class Told:
    """What a question of the run is made of."""

    source_id: str
    text: str
    choices: tuple[str, ...]
    status: str
    teacher: tuple[Chain, ...] = ()
    student: tuple[Chain, ...] = ()
    asks: tuple[str, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    error: str | None = None
    learned: Sequence[int] = ()
    refused: tuple[Refused, ...] = ()
    raw: str = '{"questions": ["How long before the end of a yearly lease must a landlord give notice?"]}'
    id: int = field(init=False)

    def __post_init__(self) -> None:
        self.id = content_id(self.text, self.choices)


def chain(
    text: str, answer: str | None, finish: str = "stop", read_by: str | None = "tag", thoughts: str = ""
) -> Chain:
    return Chain(text, answer, finish, len(text.split()), thoughts, read_by if answer is not None else None)


def facts(*names: str) -> tuple[int, ...]:
    return tuple(atom_id(ASKED[name]) for name in names)


LEASE = (
    "A tenant rents a flat by the year. The lease ends on 31 December. On 15 November the landlord writes that she "
    "will not renew it. Must the tenant leave at the end of the year?"
)
OPTIONS = ("Yes, notice was given in writing", "Yes, a yearly lease needs no notice", "No, notice came too late",
           "No, only a court can end a lease")  # fmt: skip
RIGHT = (
    "The lease runs by the year and ends on 31 December. Notice to end a yearly lease must be in writing, and it was. "
    "It must also be given three months before the end, so by 30 September. The letter came on 15 November, which is "
    "too late.\n<answer>C</answer>"
)
WRONG = (
    "The lease runs by the year and ends on 31 December. Notice to end a yearly lease must be in writing, and it was. "
    "It must also be given one month before the end, so by 30 November. The letter came on 15 November, in good time.\n"
    "<answer>A</answer>"
)
BOTH = facts("notice", "writing")
SAYS_THREE = (
    FactCheck(BOTH[0], "supports", "comparison", "three months"), FactCheck(BOTH[1], "unrelated", "comparison", ""),
)  # fmt: skip
SAYS_ONE_MONTH = (FactCheck(BOTH[0], "contradicts", "verifier", "It gives notice of one month."),)
"""The chain was dropped for it, so that nobody looked whether it speaks of the other fact."""

UNREAD = Refused("A notice has a form, and forms differ from place to place.", "unread")
CASES = (
    Told(
        "lease-17", LEASE, OPTIONS, "divergent",
        teacher=(
            chain(RIGHT, "C", thoughts="Three months? For yearly leases, yes."), chain(WRONG, "A"),
            chain(RIGHT.replace("too late", "not in time"), "C", read_by="phrase"),
            chain("The lease runs by", None, "length"),
        ),
        student=(
            chain(WRONG.replace("in good time", "early enough"), "A"),
            chain("I think it is B.", "B", read_by="phrase"),
        ),
        asks=("notice", "writing"),
        verdicts=(
            Verdict(0, True, BOTH, (), None), Verdict(1, False, BOTH, facts("notice"), None, SAYS_ONE_MONTH),
            Verdict(2, True, BOTH, (), None, SAYS_THREE), Verdict(3, None, (), (), "the chain has no answer"),
        ),
        learned=(0,), refused=(Refused("Which of the following is right?", "leans_on_options"),),
    ),
    Told(
        "合同-3", "原告于2019年5月得知合同被违反，2023年6月起诉。被告提出诉讼时效抗辩，法院应当如何处理？",
        ("支持抗辩，驳回诉讼请求", "不予支持，继续审理"), "divergent",
        teacher=(chain("诉讼时效期间为三年。自2019年5月起，至2022年5月届满。起诉已过时效。\n<answer>A</answer>", "A"),),
        student=(chain("诉讼时效期间为五年。自2019年5月起，至2024年5月届满。起诉未过时效。\n<answer>B</answer>", "B"),),
        asks=("limit",), verdicts=(Verdict(0, True, facts("limit"), (), None),), learned=(0,),
    ),
    Told(
        "إيجار-5", "هل يجب على المستأجر مغادرة الشقة (Flat 4B) في نهاية السنة؟", ("نعم", "لا"), "divergent",
        teacher=(chain("مدة الإخطار ثلاثة أشهر. لا.\n<answer>B</answer>", "B"),),
        student=(chain("مدة الإخطار شهر واحد. نعم.\n<answer>A</answer>", "A"),),
        asks=("nisab",), verdicts=(Verdict(0, None, (), (), "no fact speaks to it"),),
    ),
    Told(
        HOSTILE, f"Hostile {HOSTILE}", (HOSTILE, "javascript:alert(1)"), "divergent",
        teacher=(chain(f"{HOSTILE}\n<answer>A</answer>", "A", thoughts=HOSTILE),), student=(chain(LONG, "B"),),
        asks=("notice",), verdicts=(
            Verdict(0, False, facts("notice"), facts("notice"), HOSTILE,
                    (FactCheck(*facts("notice"), "contradicts", "verifier", HOSTILE),)),
        ), raw=HOSTILE,
    ),
    Told("same-1", "Is a contract without a price void?", ("Yes", "No"), "agreeing",
         teacher=(chain("It is not. <answer>B</answer>", "B"),), student=(chain("No. <answer>B</answer>", "B"),)),
    Told("mute-1", "What is the rule in Rylands v Fletcher?", (), "unparsed", teacher=(chain("Hmm.", None),),
         student=(chain("", None),)),
    Told("broken-1", "A question that no server took.", (), "failed", error="teacher sample: HTTP 500: no room"),
)  # fmt: skip


def indexed_pair(folder: Path, *names: str) -> list[RunDir]:
    """Two runs of these names with their indexes, of which the second is the first `changed`."""
    made = [write_run(folder / names[0]), write_run(folder / names[1], changed())]
    for run in made:
        build(run)
    return made


def changed() -> tuple[Told, ...]:
    """The run as another one might have gone: the lease is agreed on, the second's chain fails, the third gives a chain
    with another answer, and the last question is not there."""
    lease, contract, tenant, *others = CASES
    b = chain("لا.\n<answer>A</answer>", "A")
    return (
        replace(lease, status="agreeing", student=(chain(RIGHT, "C"),), asks=(), verdicts=(), learned=()),
        replace(contract, verdicts=(Verdict(0, False, facts("limit"), facts("limit"), None),), learned=()),
        replace(tenant, teacher=(b,), verdicts=(Verdict(0, True, facts("nisab"), (), None),), learned=(0,)),
        *others[:-1],
    )


def write_run(root: Path, cases: Sequence[Told] = CASES, rows_a_file: int = 2, until: str = "cot") -> RunDir:
    """Writes the run; `until` names the last dataset that is there."""
    run = RunDir(root)
    run.root.mkdir(parents=True, exist_ok=True)
    settings = make_config({"name": run.root.name, "runs_dir": str(run.root.parent)})
    run.config_file.write_text(dump_config(settings), encoding="utf-8")
    for name, record, rows in _datasets(cases):
        folder = run.curriculum() / "cot" if name == "cot" else run.dataset(name)
        write(folder, record, rows, rows_a_file)
        run.mark_done(STEP[name], "f", {"rows": len(rows), "seconds": 61.5})
        if name == until:
            break
    return run


STEP = {"questions": "ingest", "cases": "gather", "atoms": "screen", "verdicts": "verify", "cot": "assemble"}


def _datasets(cases: Sequence[Told]) -> list[tuple[str, type[Any], list[Any]]]:
    spent = Usage("teacher", "sample", 4, 1200, 900, 300)
    same = {one.id: (one.id, one.text, one.choices, one.status) for one in cases}
    return [
        ("questions", Question, [
            Question(one.id, one.source_id, one.text, one.choices, None, f"mine/part.jsonl:{n}", "")
            for n, one in enumerate(cases, 1)
        ]),
        ("cases", Case, [Case(*same[one.id], one.teacher, one.student, _diagnoses(one), (spent,), one.error)
                         for one in cases]),
        ("atoms", Atom, _atoms(cases)),
        ("verdicts", VerifiedCase, [
            VerifiedCase(*same[one.id], one.teacher, one.verdicts, (replace(spent, step="verify"),), one.error)
            for one in cases
        ]),
        ("cot", Example, [
            Example(hash64(one.text, str(n)), "chain", one.id,
                    ({"role": "user", "content": one.text},
                     {"role": "assistant", "content": one.teacher[n].text.strip()}))
            for one in cases for n in one.learned
        ]),
    ]  # fmt: skip


def _diagnoses(one: Told) -> tuple[Diagnosis, ...]:
    if not one.asks:
        return ()
    return (Diagnosis(0, 0, tuple(ASKED[name] for name in one.asks), None, one.raw, "student", one.refused),)


def _atoms(cases: Sequence[Told]) -> list[Atom]:
    found = []
    for name, question in ASKED.items():
        askers = tuple(one.id for one in cases if name in one.asks)
        answers = (ANSWERS[name],) * 3 + (("one month",) if name == "notice" else (ANSWERS[name],))
        kept = name != "nisab"
        found.append(Atom(
            atom_id(question), question, (question,), askers, ANSWERS[name], "The statute says so.",
            answers.count(ANSWERS[name]) / 4, answers, kept, None if kept else "disagreement", (), None, judge=12,
            unread=(UNREAD,) if name == "writing" else (),
        ))  # fmt: skip
    return [atom for atom in found if atom.asked_by]


def write(folder: Path, record: type[Any], rows: Sequence[Any], rows_a_file: int = 100, first: int = 0) -> None:
    """Writes records as Parquet files of so many rows."""
    folder.mkdir(parents=True, exist_ok=True)
    for part, start in enumerate(range(0, len(rows), rows_a_file), first):
        made = [to_row(row) for row in rows[start : start + rows_a_file]]
        pq.write_table(pa.Table.from_pylist(made, schema=arrow_schema(record)), folder / f"part-{part:05d}.parquet")


def evaluated(run: RunDir) -> None:
    """Adds an evaluation."""
    score = {"accuracy": 0.61, "low": 0.55, "high": 0.67, "unparsed": 3}
    models = {"base": score, "dgrc": {**score, "accuracy": 0.72, "low": 0.66, "high": 0.77}}
    report = {"questions": 300, "confidence": 0.95, "models": models, "against": {"base": {"p_value": 0.0012}}}
    write_json(run.evaluation(), report)
