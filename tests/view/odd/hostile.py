"""A run in which every text field holds hostile text: the seeds and words of the fuzz corpus, what it makes of them,
and markup that would leave a mark, or ask somebody else, if a browser took it for more than text."""

import dataclasses
import random
import re
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.fuzz.texts import SEEDS, WORDS, make
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
)
from dgrc.storage.atomic import write_json
from dgrc.storage.holder import HOLDER, Holder
from dgrc.storage.run_dir import RunDir
from dgrc.storage.underway import AskedRole, Notes
from dgrc.view.report.text import HIDDEN
from tests.view.made import write, write_run

ELSEWHERE = "http://owned.invalid"
_RUN = "window.owned=1,document.title='owned'"
MARKUP = (
    f"<script>{_RUN}</script>", f"</script><script>{_RUN}</script>", f"<img src=x onerror=\"{_RUN}\">",
    f"<svg/onload={_RUN}>", f"<svg><script>{_RUN}</script></svg>", f"<details open ontoggle={_RUN}>",
    "<iframe srcdoc=\"<script>parent.owned=1</script>\"></iframe><iframe src=\"javascript:parent.owned=1\"></iframe>",
    f"\"><img src={ELSEWHERE}/a onload={_RUN}>", f"' onmouseover='{_RUN}' x='", f"javascript:{_RUN}",
    f"<a href=\"javascript:{_RUN}\" autofocus onfocus={_RUN}>here</a>",
    f"<meta http-equiv=refresh content=\"0;url={ELSEWHERE}\">",
    f"<link rel=stylesheet href={ELSEWHERE}/s.css><style>@import '{ELSEWHERE}/t.css';*{{display:none}}</style>",
    f"<base href={ELSEWHERE}/><form action={ELSEWHERE}><button autofocus>go</button></form>",
    f"<img srcset=\"{ELSEWHERE}/b 1x\"><video poster={ELSEWHERE}/c><object data={ELSEWHERE}/d></object>",
    f"<embed src={ELSEWHERE}/e>",
    f"</title></textarea></style></noscript></bdi></details></table><script>{_RUN}</script>", "<!--", "<![CDATA[<x>]]>",
    f"<math><mi//xlink:href=\"data:x,<script>{_RUN}</script>\">", "<template><p hidden>", "<plaintext>",
    "{{constructor.constructor('window.owned=1')()}} ${window.owned=1} #{7*7} <%= 7 %>",
    "&lt;b&gt; &#60;script&#62; %3Cscript%3E",
    "__proto__", "constructor", "hidden",
    "\u202e\u2066evil\u202c \ufeff \u200b\x00\x1b]0;owned\x07 \x1b[2J", "a\u0301" * 300, f"<b>{'long ' * 2400}</b>",
)  # fmt: skip
SHORT, MADE, LONGEST = 400, 10, 20_000


def corpus() -> list[str]:
    """The texts, short ones of the corpus put together; halves of characters, which no file can hold, left out."""
    found, pack = [*MARKUP], ""
    rng = random.Random(25)
    targets = ("answer", "diagnose", "verify", "question", "chain") * (MADE // 5)
    made = [make(rng, target)[:LONGEST] for target in targets]
    for text in (*SEEDS, *WORDS, *made):
        text = re.sub("[\ud800-\udfff]", "", text)
        if len(text) > SHORT:
            found.append(text)
        elif len(pack := f"{pack} {text}") > SHORT:
            found.append(pack)
            pack = ""
    return [*found, pack]


def seen(text: str) -> str:
    """As a page has it: what a reader would not see is spelled out."""
    return HIDDEN.sub(lambda match: f"U+{ord(match.group()):04X}", text)


class Filled:
    """Gives each text field another text of the corpus, so that over all rows each field has had each of them. `gave`
    is what it gave, by the name of the field."""

    def __init__(self, texts: list[str], row: int):
        self._texts, self._next = texts, row
        self.gave: dict[str, str] = {}

    def __call__(self, field: str) -> str:
        self._next += 1
        self.gave[field] = f"{field}: {self._texts[self._next % len(self._texts)]}"
        return self.gave[field]


def case_of(texts: list[str], row: int) -> tuple[Filled, list[Any]]:
    """A question with all that passes make of it: a record for each dataset, and the texts of its fields."""
    f = Filled(texts, row)
    id_, choices = 1000 + row, (f("choice"), f("other choice"))
    asks = f("atom")
    chains = [Chain(f(f"{name} text"), f(f"{name} answer"), "stop", 7, f(f"{name} thoughts"), "tag") for name in "abc"]
    mute = Chain(f("mute text"), None, "length", 7)
    refused = (Refused(f("refused"), f("refused reason")),)
    diagnosis = Diagnosis(0, 0, (asks,), f("diagnosis error"), f("raw"), "student", refused)
    same = (id_, f("question"), choices, "divergent")
    spent = (Usage(f("role")[:60], f("step")[:60], 1, 2, 3, 0),)
    fact = (atom_id(asks),)
    found = (FactCheck(*fact, "contradicts", "verifier", f("finding")),)
    verdicts = (Verdict(0, False, fact, fact, None, found), Verdict(1, None, (), (), f("verdict reason")))
    return f, [
        Question(id_, f("source_id"), same[1], choices, f("label"), f"{f('source')}:7", f("meta")),
        Case(*same, (chains[0], chains[1]), (chains[2], mute), (diagnosis,), spent, f("case error")),
        Atom(atom_id(asks), asks, (asks, f("variant")), (id_,), f("atom answer"), f("rationale"), 0.5,
             (f("self answer"), f("other answer")), False, f("dropped"), spent, f("atom error"),
             unread=(Refused(f("unread reply"), f("unread reason")),)),
        VerifiedCase(*same, (chains[0], chains[1]), verdicts, spent, None, f("audit")),
        Example(row, "chain", id_, ({"role": "assistant", "content": chains[0].text},)),
    ]  # fmt: skip


DATASETS = ("questions", "cases", "atoms", "verdicts", "cot")


def hostile_run(root: Path, texts: list[str], wild: bool = False) -> tuple[RunDir, list[tuple[Filled, list[Any]]]]:
    """The run, under way, and its rows; a `wild` one has hostile text also where one of few words is expected."""
    rows = [case_of(texts, n) for n in range(len(texts))]
    run = write_run(root, cases=())
    for at, name in enumerate(DATASETS):
        records = [records[at] for _, records in rows]
        if wild:
            records = [_wild(record, texts, n) for n, record in enumerate(records)]
        folder = run.curriculum() / "cot" if name == "cot" else run.dataset(name)
        for empty in folder.glob("*"):
            empty.unlink()
        write(folder, type(records[0]), records)
    few = texts[:25]
    score = {"accuracy": 0.5, "low": 0.4, "high": 0.6, "unparsed": 0}
    models = dict.fromkeys(few, score)
    write_json(run.evaluation(), {"questions": 9, "confidence": 0.95, "models": models, "warnings": few})
    write_json(run.warnings(), few)
    write_json(run.root / "spending" / "teacher.json", {few[0]: 1})
    Notes(run)(few[2], 3, 9, unit=few[3], rate=1.0, roles=[AskedRole(text, 1, 1.0, 1.0) for text in few])
    write_json(run.root / HOLDER, dataclasses.asdict(Holder(7, few[4], few[5])))
    (run.dataset("atoms") / "<img src=x onerror=window.owned=1>.parquet").write_text("<script>window.owned=1</script>")
    return run, rows


def _wild(record: Any, texts: list[str], row: int) -> Any:
    """The record with another text in each field that holds one, but for those by which it is found."""
    turn = _turn(texts, row)

    def turned(value: Any) -> Any:
        if isinstance(value, str):
            return next(turn)
        if isinstance(value, tuple):
            return tuple(map(turned, value))
        if isinstance(value, dict):
            return {key: turned(inner) for key, inner in value.items()}
        if dataclasses.is_dataclass(value):
            fields = {f.name: turned(getattr(value, f.name)) for f in dataclasses.fields(value)}
            return dataclasses.replace(typing.cast(Any, value), **fields)
        return value

    return turned(record)


def _turn(texts: list[str], row: int) -> Iterator[str]:
    while True:
        row += 1
        yield texts[row % len(texts)]
