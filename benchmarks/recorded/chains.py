"""Chains: read, compared, and what of them was kept. A recorded run flows in; figures flow out, ours beside theirs.

Theirs is what their files say, but for the answers of chains, which these do not hold: the rule is known (the letter
alone between the first answer tags), and is applied here.
"""

import statistics
from collections import Counter
from collections.abc import Iterable, Sequence

from benchmarks.recorded.run import Case, Recorded
from dgrc.config import MethodConfig
from dgrc.method import compare, screen, verify
from dgrc.method.reading.options import letter
from dgrc.method.sample import to_chain
from dgrc.method.text.thoughts import shown
from dgrc.method.verify import Fact
from dgrc.records import Chain

Figures = dict[str, object]
ROLES = ("teacher", "student")
_FEWEST_LETTERS = 4


def tagged_letter(reply: str, options: int) -> str | None:
    """The answer by the authors' rule: what stands behind the first `<answer>`, up to its end, if it is a letter."""
    _, opened, rest = reply.partition("<answer>")
    said = rest.partition("</answer>")[0].strip().upper()
    letters = [letter(number) for number in range(max(options, _FEWEST_LETTERS))]
    return said if opened and said in letters else None


def read(case: Case, role: str) -> tuple[Chain, ...]:
    """A question's chains with their answers, as a run of ours reads those made elsewhere."""
    replies: Sequence[str] = getattr(case, role)
    return tuple(to_chain(reply, "stop", 0, case.choices) for reply in replies)


def reading(run: Recorded) -> Figures:
    """By role: chains read by us and by their rule, where the two part, and how many are right of those with a label.
    """
    return {role: _reading(run.cases, role) for role in ROLES}


def divergences(run: Recorded, method: MethodConfig) -> Figures:
    """Pairs that differ, by their files and by our reader, and how many of these would be diagnosed."""
    ours: set[tuple[str, int, int]] = set()
    diagnosed, statuses = 0, Counter[str]()
    for case in run.cases:
        teacher, student = read(case, "teacher"), read(case, "student")
        statuses[compare.status(teacher, student)] += 1
        every = compare.diverging_pairs(teacher, student, "all", len(teacher) * len(student))
        ours |= {(case.id, pair.teacher, pair.student) for pair in every}
        diagnosed += len(compare.diverging_pairs(teacher, student, method.pairs, method.max_pairs))
    figures: Figures = {
        "pairs": sum(len(case.teacher) * len(case.student) for case in run.cases), "ours": len(ours),
        "questions_ours": len({id_ for id_, _, _ in ours}), "statuses": dict(statuses), "diagnosed_by_us": diagnosed,
    }  # fmt: skip
    if run.has_pairs:
        theirs = {(case.id, pair.teacher, pair.student) for case in run.cases for pair in case.pairs}
        figures |= {
            "theirs": len(theirs), "difference": len(ours) - len(theirs), "both": len(ours & theirs),
            "only_ours": _places(ours - theirs), "only_theirs": _places(theirs - ours),
            "questions_theirs": len({id_ for id_, _, _ in theirs}),
        }  # fmt: skip
    return figures


def verification(run: Recorded, method: MethodConfig) -> Figures:
    """The chains they kept and rejected, by the labels; and how many of those could be checked at all by our rule, that
    an atom speaks to a chain if enough of its words stand there. A verdict of ours needs a model."""
    divergent = [case for case in run.cases if case.pairs]
    speaking = [_facts_that_speak(case, method.fact_coverage) for case in divergent]
    unchecked = speaking.count(0)
    figures: Figures = {
        "divergent": len(divergent), "unchecked_ours": unchecked,
        "facts_that_speak_median": statistics.median(speaking) if speaking else None,
    }  # fmt: skip
    if run.scored:
        theirs = sum(1 for case in divergent if not _has_left(run, case))
        figures |= {"unchecked_theirs": theirs, "difference_unchecked": unchecked - theirs}
    if run.chains_kept is None or not run.has_pairs:
        return figures
    kept = run.chains_kept
    agreeing = [case for case in run.cases if not case.pairs]
    parts = {
        "verified": [case for case in divergent if case.id in kept],
        "rejected": [case for case in divergent if case.id not in kept],
        "unverified_kept": [case for case in agreeing if case.id in kept],
    }
    labeled = {name: [case for case in cases if case.label] for name, cases in parts.items()}
    figures |= {name: len(cases) for name, cases in parts.items()}
    figures |= {f"{name}_labeled": len(cases) for name, cases in labeled.items()}
    figures |= {f"{name}_right": sum(map(_first_is_right, cases)) for name, cases in labeled.items()}
    # By default we keep nothing of questions where all agree.
    ours = len(parts["unverified_kept"]) if method.agreeing == "keep" else 0
    return figures | {"unverified_kept_ours": ours, "difference_unverified": ours - len(parts["unverified_kept"])}


def _reading(cases: Sequence[Case], role: str) -> Figures:
    counts, tiers = Counter[str](), Counter[str]()
    look_at: list[str] = []
    for case in cases:
        for number, (chain, reply) in enumerate(zip(read(case, role), getattr(case, role), strict=True)):
            ours, theirs = chain.answer, tagged_letter(reply, len(case.choices))
            tiers[chain.read_by or "unread"] += 1
            counts.update(("chains", *(["labeled"] if case.label else ())))
            counts["ours"] += ours is not None
            counts["theirs"] += theirs is not None
            counts["right_ours"] += case.label is not None and ours == case.label
            counts["right_theirs"] += case.label is not None and theirs == case.label
            if ours != theirs:
                counts["only_ours" if theirs is None else "only_theirs" if ours is None else "other_answer"] += 1
                look_at.append(f"{case.id}/{role}/{number}")
    names = ("chains", "ours", "theirs", "only_ours", "only_theirs", "other_answer", "labeled")
    figures: Figures = {name: counts[name] for name in (*names, "right_ours", "right_theirs")}
    return figures | {"difference": counts["ours"] - counts["theirs"], "tiers": dict(tiers), "look_at": look_at}


def _places(pairs: Iterable[tuple[str, int, int]]) -> list[str]:
    return [f"{id_}/{teacher}/{student}" for id_, teacher, student in sorted(pairs)]


def _facts_that_speak(case: Case, coverage: float) -> int:
    """How many distinct atoms of a question speak to its teacher's first chain, of all that were asked about it."""
    chain = read(case, "teacher")[0]
    said = screen.content_words(f"{case.text} {shown(chain, 'visible')}")
    atoms = {screen.atom_key(atom): atom for pair in case.pairs for atom in pair.atoms}.values()
    return sum(verify.speaks_to(Fact(0, atom, ""), said, coverage) for atom in atoms)


def _has_left(run: Recorded, case: Case) -> bool:
    return any(atom.of == case.id and (run.taught is None or atom.id in run.taught) for atom in run.scored)


def _first_is_right(case: Case) -> bool:
    return read(case, "teacher")[0].answer == case.label
