"""A recorded run, put together. Rows by kind flow in; questions with their chains, pairs and atoms flow out, with what
their makers kept and a note on each part that is not there.

The same question stands in several files of the release, each a step further: what is fuller wins. Which file holds
what was kept is found by what is in it: a conversation whose reply is a recorded chain is a chain that was kept.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.recorded.forms import ATOM, CASE, CHAIN, LESSON, PAIR, Row, Rows, output_of, texts, turns_of
from dgrc.method.reading import in_tags
from dgrc.method.reading.choices import split_choices
from dgrc.method.reading.options import letter
from dgrc.method.replies import encodable

Id = tuple[str, int, int]
"""A pair of chains: the question's id, the teacher's and the student's number."""


@dataclass(frozen=True)
class Pair:
    """Two chains that differ by their makers' word, and what was asked about it; `replies` stand beside `atoms`."""

    teacher: int
    student: int
    atoms: tuple[str, ...] = ()
    replies: tuple[str | None, ...] = ()


@dataclass(frozen=True)
class Case:
    """A question and both models' chains; `label` is an option's letter."""

    id: str
    text: str
    choices: tuple[str, ...]
    label: str | None
    teacher: tuple[str, ...]
    student: tuple[str, ...]
    pairs: tuple[Pair, ...]


@dataclass(frozen=True)
class Scored:
    """An atom with what its makers measured: difficulty, a vector, a judge's score of 14."""

    id: str
    of: str
    question: str
    reply: str
    ifd: float | None
    vector: tuple[float, ...]
    judge: object


@dataclass(frozen=True)
class Recorded:
    """A run: `after_duplicates` are the ids of the scored atoms that were left after near-duplicates, `taught` of those
    in the curriculum, `chains_kept` the ids of questions whose chain is in it; None where no file says it."""

    cases: tuple[Case, ...]
    has_pairs: bool
    scored: tuple[Scored, ...]
    after_duplicates: frozenset[str] | None
    taught: frozenset[str] | None
    chains_kept: frozenset[str] | None
    notes: tuple[str, ...]


def assemble(rows: Rows) -> Recorded:
    """The run that the rows of a folder tell of."""
    notes: list[str] = []
    cases, has_pairs = _cases(rows, notes)
    scored = _scored(rows.of(ATOM))
    after, taught, kept = _left(rows, scored), _taught(rows, scored), _chains_kept(rows, cases)
    missing = {
        "pairs that differ": has_pairs, "atomic questions": any(p.atoms for c in cases for p in c.pairs),
        "answers to them": any(any(p.replies) for c in cases for p in c.pairs), "scored atoms": scored,
        "scores of a judge": any(atom.judge is not None for atom in scored),
        "what was left after near-duplicates": after is not None, "the atoms' curriculum": taught is not None,
        "the chains' curriculum": kept is not None, "labels": any(case.label for case in cases),
    }  # fmt: skip
    notes += [f"not there, so left out: {name}" for name, there in missing.items() if not there]
    notes.append("replies of a judge and of a verifier are in no file of this form: only what came of them is compared")
    return Recorded(tuple(cases), has_pairs, tuple(scored), after, taught, kept, tuple(notes))


def shown_question(problem: str) -> str:
    """A question or an atom without its last line, if that says how to reply."""
    text, line, last = problem.rstrip().rpartition("\n")
    return text.strip() if line and "<answer>" in last else problem.strip()


def _cases(rows: Rows, notes: list[str]) -> tuple[list[Case], bool]:
    found: dict[str, Row] = {}
    pairs: dict[Id, Pair] = {}
    others = 0
    for row in rows.of(CASE):
        known = found.setdefault(str(row["id"]), row)
        if (known["teacher"], known["student"]) != (row["teacher"], row["student"]):
            others += 1
            continue
        for recorded in _dicts(row.get("diff_pair")):
            _keep(pairs, str(row["id"]), recorded)
    if others:
        notes.append(f"{others} rows have other chains for a question that was read before: one run a folder, please")
    has_pairs = any(isinstance(row.get("diff_pair"), list) for row in rows.of(CASE))
    if not found:
        found = _from_chains(rows.by_kind[CHAIN], notes)
    for row in rows.of(PAIR):
        if row["id"] in found:
            _keep(pairs, str(row["id"]), row)
    has_pairs = has_pairs or bool(pairs)
    by_case: dict[str, list[Pair]] = defaultdict(list)
    for (id_, _, _), pair in sorted(pairs.items()):
        by_case[id_].append(pair)
    return [_case(id_, row, by_case[id_], notes) for id_, row in found.items()], has_pairs


def _case(id_: str, row: Row, pairs: Sequence[Pair], notes: list[str]) -> Case:
    text, choices = split_choices(encodable(shown_question(str(row["problem"]))))
    said = row.get("label")
    label = said.strip().upper() if isinstance(said, str) else ""
    teacher, student = (tuple(map(encodable, texts(row[role]) or ())) for role in ("teacher", "student"))
    there = [pair for pair in pairs if 0 <= pair.teacher < len(teacher) and 0 <= pair.student < len(student)]
    if len(there) < len(pairs):
        notes.append(f"{len(pairs) - len(there)} pairs of question {id_} name chains that are not there")
    known = label in [letter(number) for number in range(len(choices))]
    return Case(id_, text, choices, label if known else None, teacher, student, tuple(there))


def _from_chains(rows: Iterable[tuple[str, Row]], notes: list[str]) -> dict[str, Row]:
    """Questions from files of chains alone; whose they are only the files' paths can say."""
    found: dict[str, dict[str, object]] = {}
    unknown = 0
    chains: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name, row in rows:
        named = {name.casefold().find(role): role for role in ("teacher", "student") if role in name.casefold()}
        role = named[min(named)] if named else None
        turns, output = turns_of(row), output_of(row)
        if role is None or turns is None or output is None:
            unknown += 1
            continue
        label = in_tags(turns[1], split_choices(shown_question(turns[0]))[1])
        found.setdefault(str(row["id"]), {"problem": turns[0], "label": label})
        chains[str(row["id"]), role].append(output)
    if unknown:
        notes.append(f"{unknown} chains are left out: their files' paths name neither a `teacher` nor a `student`")
    for id_, row in found.items():
        row |= {role: chains[id_, role] for role in ("teacher", "student")}
    return dict(found.items())


def _keep(pairs: dict[Id, Pair], id_: str, row: Row) -> None:
    """Adds a pair unless it is known with more."""
    teacher, student = row.get("tid"), row.get("sid")
    if type(teacher) is not int or type(student) is not int:
        return
    atoms = tuple(map(encodable, texts(row.get("atom_questions")) or ()))
    said = row.get("atom_answers")
    # Answers stand in the order of the questions; their keys are only numbers in words.
    replies = [reply if isinstance(reply, str) else None for reply in said.values()] if isinstance(said, dict) else []
    new = Pair(teacher, student, atoms, tuple([*replies, *[None] * len(atoms)][: len(atoms)]))
    old = pairs.get((id_, teacher, student))
    if old is None or (len(new.atoms), sum(map(bool, new.replies))) > (len(old.atoms), sum(map(bool, old.replies))):
        pairs[id_, teacher, student] = new


def _scored(rows: Iterable[Row]) -> list[Scored]:
    """The scored atoms, each once, a score from whichever file has it."""
    found: dict[str, dict[str, object]] = {}
    for row in rows:
        found.setdefault(str(row["id"]), {}).update(row)
    return [_atom(row) for row in found.values()]


def _atom(row: Mapping[str, object]) -> Scored:
    ifd, vector = row.get("ifd"), row.get("embedding")
    numbers = vector if isinstance(vector, list) and all(type(x) in (int, float) for x in vector) else []
    return Scored(
        str(row["id"]), str(row["from"]), encodable(shown_question(str(row["problem"]))), encodable(str(row["answer"])),
        float(ifd) if isinstance(ifd, int | float) and not isinstance(ifd, bool) else None,
        tuple(map(float, numbers)), row.get("llm_judge_score"),
    )  # fmt: skip


def _left(rows: Rows, scored: Sequence[Scored]) -> frozenset[str] | None:
    """The atoms after near-duplicates: the judged ones, for nothing else is judged, or else a file of fewer."""
    judged = {atom.id for atom in scored if atom.judge is not None}
    if judged:
        return frozenset(judged)
    files = [{str(row["id"]) for row in found} for found in rows.files_of(ATOM).values()]
    fewest = min(files, key=len, default=set())
    return frozenset(fewest) if len(fewest) < len(scored) else None


def _taught(rows: Rows, scored: Sequence[Scored]) -> frozenset[str] | None:
    known = {atom.id for atom in scored}
    return frozenset(str(row["id"]) for row in rows.of(LESSON) if row["id"] in known) or None


def _chains_kept(rows: Rows, cases: Sequence[Case]) -> frozenset[str] | None:
    """Questions whose curriculum holds one of the teacher's chains; a question file's label is none of them."""
    chains = {case.id: {*case.teacher} for case in cases}
    said = [(str(row["id"]), turns_of(row)) for row in rows.of(LESSON)]
    return frozenset(id_ for id_, turns in said if turns and encodable(turns[1]) in chains.get(id_, ())) or None


def _dicts(value: object) -> list[Row]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
