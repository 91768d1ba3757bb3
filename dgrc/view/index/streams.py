"""What the index keeps of each dataset of a run: a row as Arrow gives it in, an `Entry` out; and which columns
a row's page needs.

A facet is a column by which rows are filtered and counted: `one` value a row, or `many`. Numbers are columns to sort
and to sum by. A run of an earlier version has rows without the columns that came later.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from dgrc.method.text.normalize import normalize
from dgrc.method.text.segment import script
from dgrc.records import hash64

Row = dict[str, Any]
LINE, SCRIPT_OF, MANY_WORDS = 400, 200, 400_000
"""Characters of a text that a list shows, whose script is looked at, and of which words are made."""
BANDS = ((250, "under 250"), (1000, "250 to 999"), (4000, "1,000 to 3,999"), (16_000, "4,000 to 15,999"))
UNREAD = "not read"


@dataclass(slots=True)
class Entry:
    """A row of the index: what a list shows of it (`line`), the texts by which it is found, and its columns."""

    id: int
    line: Row
    texts: Iterable[str] = ()
    one: dict[str, str] = field(default_factory=dict)
    many: dict[str, set[str]] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    pairs: tuple[int, ...] = ()
    """Other ids that go with this one: of verdicts the facts that contradict a chain, once a chain."""
    usage: Iterable[Row] = ()
    spared: tuple[str, ...] = ()
    """Columns that are not kept of this row, for its page has the same from another dataset."""


@dataclass(frozen=True)
class Stream:
    """A dataset as the index keeps it."""

    name: str
    columns: tuple[str, ...]
    """Those that an entry is made of, where they are there."""
    entry: Callable[[Row], Entry]
    kept: tuple[str, ...] = ()
    """Those that a row's page needs, where they are there."""
    one: tuple[str, ...] = ()
    many: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    searched: bool = False
    paired: bool = False


def question(row: Row) -> Entry:
    """A question as it was read: where it stood in the user's files."""
    file = row["source"].rpartition(":")[0] or row["source"]
    told = {name: row[name] for name in ("source_id", "source")}
    return Entry(row["id"], told, [row["source_id"]], one={"source": file.rpartition("/")[2][-80:]})


def case(row: Row) -> Entry:
    """A gathered question: chains, how they were read, what was asked where they part."""
    chains = [(role, chain) for role in ("teacher", "student", "auditor") for chain in row.get(role) or ()]
    diagnoses = row.get("diagnoses") or []
    atoms = [atom for diagnosis in diagnoses for atom in diagnosis["atoms"]]
    tokens = sum(chain["tokens"] for _, chain in chains)
    told = [text for _, chain in chains for text in (chain["text"], chain.get("thoughts") or "")]
    answers = {role: [chain["answer"] for by, chain in chains if by == role] for role in ("teacher", "student")}
    shown = {role: [(answer or "")[:40] or None for answer in said[:12]] for role, said in answers.items()}
    return Entry(
        row["id"],
        {"text": row["text"][:LINE], "status": row["status"], "answers": shown, "atoms": len(atoms)},
        [text[:MANY_WORDS] for text in (row["text"], *row["choices"], *atoms, *told)],
        one={
            "status": row["status"], "error": kind_of(row["error"]), "tokens_band": band(tokens),
            "script": script(row["text"][:SCRIPT_OF]),
        },
        many={"read_by": {how_read(chain) for _, chain in chains}},
        numbers={
            "tokens": tokens, "atoms": len(atoms), "agreement": _agreement(answers["teacher"]),
            "teacher_says": _majority(answers["teacher"]), "student_says": _majority(answers["student"]),
        },
        usage=row.get("usage") or (),
    )  # fmt: skip


def verdict(row: Row) -> Entry:
    """A verified question: how its chains fared, and by which facts."""
    verdicts = row["verdicts"] or []
    said = [verdict["consistent"] for verdict in verdicts]
    contradicting = tuple(id_ for verdict in verdicts for id_ in verdict["contradicted_by"])
    # Only where facts reject every chain is the teacher asked again, and has more than in `cases`.
    asked_again = said[:1] not in ([], [True])
    return Entry(
        row["id"], {"outcome": outcome(said), "passed": said.count(True), "chains": len(said)},
        one={"verdict": outcome(said), "audit": row.get("audit") or ""},
        many={"unchecked": {kind_of(v["reason"]) for v in verdicts if v["consistent"] is None}},
        numbers={
            "passed": said.count(True), "rejected": said.count(False), "checked": len(said),
            "contradictions": len(contradicting),
        },
        pairs=contradicting, usage=row.get("usage") or (), spared=() if asked_again else ("teacher",),
    )  # fmt: skip


def atom(row: Row) -> Entry:
    """A distinct atomic question with its answers and what became of it."""
    kept, asked = row["kept"], len(row["asked_by"])
    why = "kept" if kept else kind_of(row["dropped_because"]) or "dropped"
    agreement = round(100 * row["agreement"])
    judge = row.get("judge")
    line = {
        "question": row["question"][:LINE], "answer": (row["answer"] or "")[:LINE], "agreement": row["agreement"],
        "answers": len(row["answers"]), "kept": kept, "why": why, "asked": asked,
    }  # fmt: skip
    return Entry(
        row["id"], line,
        [text[:MANY_WORDS] for text in (row["question"], row["answer"] or "", *row["variants"], row["rationale"])],
        one={
            "became": why, "agreement": f"{min(agreement // 10 * 10, 100)} %" if row["answers"] else "not answered",
            "judge": "" if judge is None else str(judge), "error": kind_of(row["error"]),
            "asked_by": "1 question" if asked == 1 else "2 to 4" if asked < 5 else "5 and more",
            "script": script(row["question"][:SCRIPT_OF]),
        },
        numbers={"agreed": agreement, "asked": asked},
        usage=row.get("usage") or (),
    )  # fmt: skip


def example(row: Row) -> Entry:
    """A chain that is in the curriculum, by its question and its words."""
    reply = row["messages"][-1]["content"]
    return Entry(row["source"], {"reply": str(hash64(reply))})


CASE = ("id", "text", "choices", "status", "teacher", "student", "diagnoses", "usage", "error", "auditor")
ATOM = (
    "id", "question", "variants", "asked_by", "answer", "rationale", "agreement", "answers", "kept", "dropped_because",
    "usage", "error", "judge",
)  # fmt: skip
STREAMS: tuple[Stream, ...] = (
    Stream(
        "questions", ("id", "source_id", "source"), question, ("source_id", "source", "label", "meta"), one=("source",),
        searched=True,
    ),
    Stream(
        "cases", CASE, case, (*CASE, "asked", "several"), one=("status", "error", "tokens_band", "script"),
        many=("read_by",), numbers=("tokens", "atoms", "agreement", "teacher_says", "student_says"), searched=True,
    ),
    Stream(
        "atoms", ATOM, atom, (*ATOM, "ifd", "cluster", "unread"), numbers=("agreed", "asked"), searched=True,
        one=("became", "agreement", "judge", "error", "asked_by", "script"),
    ),
    Stream(
        "verdicts", ("id", "verdicts", "audit", "usage"), verdict,
        ("verdicts", "audit", "supporting", "opposing", "error", "teacher"), one=("verdict", "audit"),
        many=("unchecked",), numbers=("passed", "rejected", "checked", "contradictions"), paired=True,
    ),
    Stream("cot", ("source", "messages"), example),
)  # fmt: skip


def outcome(said: list[bool | None]) -> str:
    """How a question's chains fared, in a word."""
    if True in said:
        return "mixed" if False in said else "passed"
    if False in said:
        return "contradicted"
    return "unchecked" if said else "not held against facts"


def kind_of(words: str | None) -> str:
    """The kind of an error or a reason: what stands before its first colon, or its first number."""
    head = (words or "").split(":", 1)[0].split("(", 1)[0].strip()
    return "".join("N" if character.isdigit() else character for character in head)[:60]


def how_read(chain: Row) -> str:
    """By which tier a chain's answer was read, or why it was not."""
    if chain["answer"] is not None:
        return (chain.get("read_by") or "read").replace("_", " ")
    return UNREAD if chain["finish_reason"] == "stop" else f"ended by {chain['finish_reason']}"


def band(tokens: int) -> str:
    """The band of a number of tokens."""
    return next((name for limit, name in BANDS if tokens < limit), "16,000 and more")


def _agreement(answers: list[str | None]) -> int:
    """The share, in hundredths, of the chains that say what most of them say; 0 if none does."""
    read = [answer for answer in answers if answer is not None]
    return round(100 * max(map(read.count, read)) / len(answers)) if read else 0


def _majority(answers: list[str | None]) -> int:
    """What most chains say, as 32 bits by which runs are held against each other; 0 if none says anything."""
    read = [normalize(answer) for answer in answers if answer is not None]
    return 1 + hash64(max(read, key=read.count)) % 0xFFFF_FFFF if read else 0
