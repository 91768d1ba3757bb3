"""The rows that flow from pass to pass.

A dataclass here *is* the schema of its rows: `dgrc.storage.arrow` derives the Arrow schema from the fields.
Standard library only, so that `dgrc.method` stays pure.

Identity: `content_id` hashes text and choices to 64 bits, the same on every machine. Labels and metadata are left out
of it, so that curation cannot depend on them.
"""

import hashlib
import typing
from dataclasses import dataclass

Message = dict[str, str]
"""One chat message: `role` and `content`."""


@dataclass(frozen=True, slots=True)
class Question:
    """One unlabeled question as `ingest` wrote it. Only evaluation may read `label`. `several` says that more than one
    option may be right, so that an answer is a set of letters (`ABD`)."""

    id: int
    source_id: str
    text: str
    choices: tuple[str, ...]
    label: str | None
    source: str
    meta: str
    several: bool = False


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A question that could not be used, with where it came from and why."""

    source: str
    source_id: str
    reason: str
    detail: str
    text: str


@dataclass(frozen=True, slots=True)
class Removed:
    """A passage, or a question (its `text`), left out for a `reason`: it repeats `twin`, kept or of the evaluation."""

    id: int
    document: str
    source: str
    start: int
    end: int
    text: str
    reason: str
    twin: str
    twin_id: int | None = None
    similarity: float | None = None


@dataclass(frozen=True, slots=True)
class Chain:
    """One reasoning chain: what was said (`text`) and, of a model that thinks first, its `thoughts` beside it.

    `answer` is None if none could be read or the chain was cut off; `read_by` is the tier of `method.reading` that read
    it. `tokens` counts thoughts and text.
    """

    text: str
    answer: str | None
    finish_reason: str
    tokens: int
    thoughts: str = ""
    read_by: str | None = None


@dataclass(frozen=True, slots=True)
class Divergence:
    """A teacher chain and a student chain, by index, whose final answers differ."""

    teacher: int
    student: int


@dataclass(frozen=True, slots=True)
class Refused:
    """What a reply held that is not used, and why (`pipeline.counters.REFUSALS`)."""

    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What a reader said of a chain whose answer it was asked for twice, with the options in another order: letters of
    the question's own options, None for `none`. The reading counts if both are one option."""

    role: str
    chain: int
    first: str | None
    second: str | None


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The atomic questions that the teacher asked about one divergence; `error` if it gave none. `other` is the index
    of the chain that the teacher's parts from, in those of `against`: `student`, or `auditor` where one was audited.
    `refused` are atoms of the reply that are not used."""

    teacher: int
    other: int
    atoms: tuple[str, ...]
    error: str | None
    raw: str
    against: str = "student"
    refused: tuple[Refused, ...] = ()


@dataclass(frozen=True, slots=True)
class Usage:
    """What one role spent in one step on one row. Requests with n samples count as n calls; `wrapped` replies held the
    JSON that was wanted among other text."""

    role: str
    step: str
    calls: int
    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int
    wrapped: int = 0


@dataclass(frozen=True, slots=True)
class Case:
    """`gather`'s row: both models' chains and what the teacher asked where they part. `status` is `divergent`,
    `agreeing`, `unparsed` (no two answers that could be compared) or `failed` (see `error`); `auditor` holds the third
    model's chains where an agreeing question was audited. `asked` are readings of chains that a reader was asked for.
    """

    id: int
    text: str
    choices: tuple[str, ...]
    status: str
    teacher: tuple[Chain, ...]
    student: tuple[Chain, ...]
    diagnoses: tuple[Diagnosis, ...]
    usage: tuple[Usage, ...]
    error: str | None
    auditor: tuple[Chain, ...] = ()
    asked: tuple[Asked, ...] = ()
    several: bool = False


@dataclass(frozen=True, slots=True)
class AtomQuestion:
    """A distinct atomic question, before it is answered; `asked_by` holds question ids."""

    id: int
    question: str
    variants: tuple[str, ...]
    asked_by: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Atom:
    """`answer`'s row: a distinct atomic question, its majority answer and what became of it.

    `agreement` is the share of the self-answers that equal `answer` (empty ones, whose replies are in `unread`, count
    against). `ifd` is the instruction-following difficulty under the student, `judge` the judge's score of 14, both
    None where not asked for; `cluster` is the smallest id among its near-duplicates in the corpus."""

    id: int
    question: str
    variants: tuple[str, ...]
    asked_by: tuple[int, ...]
    answer: str | None
    rationale: str
    agreement: float
    answers: tuple[str, ...]
    kept: bool
    dropped_because: str | None
    usage: tuple[Usage, ...]
    error: str | None
    ifd: float | None = None
    judge: int | None = None
    cluster: int | None = None
    unread: tuple[Refused, ...] = ()


@dataclass(frozen=True, slots=True)
class FactCheck:
    """How a chain stands to one fact: `relation` is `supports`, `contradicts` or `unrelated`.

    `by` tells who found it. `comparison`: `finding` is what the chain was read to answer to the fact's question (empty:
    nothing), and code compared it with the fact. `verifier`: `finding` is what the verifier said."""

    fact: int
    relation: str
    by: str
    finding: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """A chain held against facts (ids of atoms): `consistent` is None if it could not be checked (`reason`). A fact has
    no check where another one settled the verdict before, where a reply could not be read, and in runs made before
    there were checks."""

    chain: int
    consistent: bool | None
    facts: tuple[int, ...]
    contradicted_by: tuple[int, ...]
    reason: str | None
    checks: tuple[FactCheck, ...] = ()


@dataclass(frozen=True, slots=True)
class VerifiedCase:
    """`verify`'s row: one question with its teacher chains and a verdict on each.

    The chains ride along so that `assemble` is one map over one dataset, not a join of two; chains that were sampled
    anew because all were rejected follow the first ones. `audit` is `agreed` or `disputed` where an agreeing question
    was audited. If it is disputed and no teacher chain passed, the other models' chains are checked as well: verdicts
    on those with the agreed answer are `supporting`, on those with another one `opposing`; their `chain` counts through
    `Case.student` and then `Case.auditor`.
    """

    id: int
    text: str
    choices: tuple[str, ...]
    status: str
    teacher: tuple[Chain, ...]
    verdicts: tuple[Verdict, ...]
    usage: tuple[Usage, ...]
    error: str | None
    audit: str | None = None
    supporting: tuple[Verdict, ...] = ()
    opposing: tuple[Verdict, ...] = ()
    several: bool = False


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a question was read: the user's id (empty if it has none), the file, and its line, from 1 (0: unknown)."""

    source_id: str = ""
    source_file: str = ""
    source_line: int = 0


@dataclass(frozen=True, slots=True)
class Example:
    """One training example of a curriculum: a user turn and the assistant turn to learn.

    `source` is the id of the question or atom it was made from, `kind` is `atom` or `chain`. `sources` are the origins
    of its question or of all questions that asked the atom, by file and line; the fields before are of the first."""

    id: int
    kind: str
    source: int
    messages: tuple[Message, ...]
    source_id: str = ""
    source_file: str = ""
    source_line: int = 0
    sources: tuple[Origin, ...] = ()


def hash64(*parts: str) -> int:
    """A signed 64-bit hash of the parts (signed, because Arrow and Parquet sort and join int64 everywhere)."""
    digest = hashlib.blake2b(digest_size=8)
    for part in parts:
        data = part.encode()
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return int.from_bytes(digest.digest(), "big", signed=True)


def content_id(text: str, choices: typing.Sequence[str]) -> int:
    """The identity of a question: its text and its choices, nothing else."""
    return hash64(text, *choices)
