"""What people's marks change in a curriculum: marks and the datasets of a round in; which atoms leave or answer
otherwise, and which verdicts are others, out.

Nothing is asked of a model. A mark counts if the run has the text that was judged; all others are counted by why not.
"""

import dataclasses
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.dataset as pads

from dgrc.config import MethodConfig
from dgrc.method.curriculum import passes
from dgrc.method.prompts import load_pack
from dgrc.method.text.thoughts import learned
from dgrc.method.verify import extract
from dgrc.method.verify.anew import UNDECIDED, anew
from dgrc.records import Atom, Chain, Verdict, VerifiedCase, hash64
from dgrc.storage.arrow import from_row
from dgrc.storage.cards import table
from dgrc.storage.marks.record import ATOM, CHAIN, WRONG, Mark, atom_sha, chain_sha

MARKED = "a person found it wrong"
"""Why a chain that was marked is not consistent."""
WORDS = {
    "chains_wrong": "chains that were found wrong, left out",
    "atoms_wrong": "atoms that were found wrong, left out",
    "atoms_corrected": "atoms that were found wrong and have the answer that a person gave, without a rationale",
    "chains_still_pass": "chains held against such atoms that pass without them",
    "chains_still_contradicted": "chains held against such atoms that other atoms contradict too",
    "chains_unchecked": "chains held against such atoms alone, which no fact speaks to now",
    "chains_passed_undecided": "chains held against such atoms that had passed, left out: only a verifier could tell",
    "chains_dropped_undecided": "chains that such atoms alone contradict, left out: only a verifier could tell",
    "without_effect": "marks without effect: right, or wrong and not in the curriculum anyway",
    "other_text": "marks that were made on another text, not heeded",
    "not_there": "marks on what this round does not have, not heeded",
}
HEAD = """
People looked at chains and atoms of this run and said which are right. What they found wrong is not in this curriculum:

"""


@dataclasses.dataclass(frozen=True)
class Changes:
    """What marks change.

    Attributes:
        atoms: Of kept atoms that are wrong the answer that is right, or None: the atom leaves.
        chains: Verdicts that are others now, by question and chain.
        counts: Of each kind of change and of each reason why there was none (`WORDS`).
    """

    atoms: dict[int, str | None] = dataclasses.field(default_factory=dict)
    chains: dict[int, dict[int, Verdict]] = dataclasses.field(default_factory=dict)
    counts: Counter[str] = dataclasses.field(default_factory=Counter)

    def __bool__(self) -> bool:
        return bool(self.atoms or self.chains)

    @property
    def digest(self) -> str:
        """What tells these changes from others."""
        said = sorted(self.atoms.items()), sorted((id_, sorted(told.items())) for id_, told in self.chains.items())
        return f"{hash64(repr(said)):x}"

    def card(self) -> str:
        """The part of a card that tells them."""
        return HEAD + table({WORDS[name]: f"{n:,}" for name, n in self.report().items()})

    def report(self) -> dict[str, int]:
        """The counts in the order in which they are told."""
        return {name: self.counts[name] for name in WORDS if self.counts[name]}

    def atom(self, atom: Atom) -> Atom | None:
        """The atom as it is learned; None if it is not. A rationale that led to a wrong answer does not stay."""
        if atom.id not in self.atoms:
            return atom
        answer = self.atoms[atom.id]
        return None if answer is None else dataclasses.replace(atom, answer=answer, rationale="")

    def case(self, case: VerifiedCase) -> VerifiedCase:
        """The case with the verdicts that are others now."""
        others = self.chains.get(case.id)
        if not others:
            return case
        verdicts = {verdict.chain: verdict for verdict in case.verdicts} | others
        return dataclasses.replace(case, verdicts=tuple(verdicts[chain] for chain in sorted(verdicts)))


def changes_by(marks: Iterable[Mark], data: Mapping[str, Path], method: MethodConfig, thoughts: str) -> Changes:
    """What these marks change in the curriculum of the datasets `atoms` and `verdicts`; `thoughts` is
    `training.thoughts`."""
    changes = Changes()
    by_place: dict[str, dict[int, list[Mark]]] = {ATOM: {}, CHAIN: {}}
    for mark in marks:
        by_place[mark.what].setdefault(mark.id, []).append(mark)
    _atoms(changes, by_place[ATOM], data["atoms"])
    _chains(changes, by_place[CHAIN], data["verdicts"], thoughts)
    if changes.atoms:
        _decided(changes, data["verdicts"], method)
    return changes


def _atoms(changes: Changes, marks: dict[int, list[Mark]], folder: Path) -> None:
    left = dict(marks)
    for row in _rows(folder, marks, ["id", "question", "answer", "rationale", "kept"]):
        sha = atom_sha(row["question"], row["answer"], row["rationale"])
        for mark in left.pop(row["id"]):
            if sha != mark.sha:
                changes.counts["other_text"] += 1
            elif mark.mark != WRONG or not row["kept"]:
                changes.counts["without_effect"] += 1
            else:
                changes.atoms[mark.id] = mark.answer
                changes.counts["atoms_wrong" if mark.answer is None else "atoms_corrected"] += 1
    changes.counts["not_there"] += sum(map(len, left.values()))


def _chains(changes: Changes, marks: dict[int, list[Mark]], folder: Path, thoughts: str) -> None:
    left = dict(marks)
    for row in _rows(folder, marks, ["id", "teacher", "verdicts"]):
        chains = [from_row(Chain, chain) for chain in row["teacher"]]
        verdicts = {said["chain"]: from_row(Verdict, said) for said in row["verdicts"]}
        for mark in left.pop(row["id"]):
            chain = chains[mark.chain] if mark.chain is not None and mark.chain < len(chains) else None
            if chain is None or chain_sha(chain.thoughts, chain.text) != mark.sha:
                changes.counts["not_there" if chain is None else "other_text"] += 1
                continue
            text = learned(chain, thoughts).strip()
            alike = [n for n, other in enumerate(chains) if learned(other, thoughts).strip() == text]
            alike = [n for n in alike if n not in verdicts or verdicts[n].consistent is not False]
            if mark.mark != WRONG or not alike:
                changes.counts["without_effect"] += 1
                continue
            changes.counts["chains_wrong"] += 1
            others = changes.chains.setdefault(row["id"], {})
            others |= {n: Verdict(n, False, (), (), MARKED) for n in alike}
    changes.counts["not_there"] += sum(map(len, left.values()))


def _decided(changes: Changes, folder: Path, method: MethodConfig) -> None:
    """Judges anew what was held against atoms that were found wrong."""
    wrong = {id_ for id_, answer in changes.atoms.items() if answer is None}
    corrected = changes.atoms.keys() - wrong
    read_off = extract.STEP in load_pack(method.prompts).templates
    for row in _rows(folder, None, ["id", "verdicts"]):
        others = changes.chains.get(row["id"], {})
        for said in row["verdicts"]:
            if said["chain"] in others or changes.atoms.keys().isdisjoint(said["facts"]):
                continue
            before = from_row(Verdict, said)
            now = anew(before, wrong, corrected, read_off)
            changes.chains.setdefault(row["id"], {})[now.chain] = now
            if kind := _kind(before, now, method.accept_unchecked):
                changes.counts[kind] += 1


def _kind(before: Verdict, now: Verdict, accept_unchecked: bool) -> str:
    if before.consistent is None:
        return ""
    if now.reason == UNDECIDED:
        return "chains_passed_undecided" if before.consistent else "chains_dropped_undecided"
    if now.consistent is None:
        return "chains_unchecked"
    return "chains_still_pass" if passes(now, accept_unchecked) else "chains_still_contradicted"


def _rows(folder: Path, ids: Collection[int] | None, columns: list[str]) -> Iterator[dict[str, Any]]:
    """The rows of a dataset with these ids; all without."""
    files = [str(path) for path in sorted(folder.glob("*.parquet"))]
    if not files or (ids is not None and not ids):
        return
    wanted = None if ids is None else pc.field("id").isin(list(ids))
    for batch in pads.dataset(files, format="parquet").to_batches(columns=columns, filter=wanted, batch_size=4096):
        yield from batch.to_pylist()
