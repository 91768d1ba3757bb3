"""The curriculum. Kept atoms and verified chains flow in; training examples flow out.

An example's user turn is what the same step's `build_messages` renders, so that the student learns on the very
prompts it is asked with. The recipes are the method, its baselines and its ablations over the same cases, at no
extra sampling.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dgrc.method import answer, compare, sample
from dgrc.method.prompts import Pack
from dgrc.method.verify import UNCHECKED, is_bare
from dgrc.records import Atom, Case, Chain, Example, Message, Verdict, VerifiedCase, hash64


def atom_example(pack: Pack, atom: Atom) -> Example:
    """The training example of a kept atom (its `answer` must be there)."""
    assert atom.answer is not None, atom
    *turns, reply = atom_turns(pack, atom.question, atom.answer, atom.rationale)
    return _example("atom", atom.id, turns, reply["content"])


def atom_turns(pack: Pack, question: str, said: str, rationale: str) -> list[Message]:
    """What a student learns of an answered atom: its question, then rationale and answer.

    A JSON pack's system message describes the JSON reply that only the teacher gives, so it is left out.
    """
    turns = answer.build_messages(pack, question)
    if pack.reply == "tagged":
        reply = f"<think> {rationale.strip()} </think> <answer> {said} </answer>"
    else:
        turns = turns[-1:]
        reply = f"{rationale.strip()}\n<answer>{said}</answer>".strip()
    return [*turns, {"role": "assistant", "content": reply}]


def chain_example(
    pack: Pack, text: str, choices: Sequence[str], question_id: int, chain: Chain, several: bool = False
) -> Example:
    """The training example of a chain: the question as it is sampled, then the chain."""
    return _example("chain", question_id, sample.build_messages(pack, text, choices, several), chain.text.strip())


def verified_examples(
    pack: Pack, case: VerifiedCase, per_question: int, agreeing: str, accept_unchecked: bool = False
) -> list[Example]:
    """Examples of a question's verified chains: distinct texts, the majority answer first, at most `per_question`.

    With `agreeing` `keep` or `audit` an agreeing question, unless a verdict speaks against it, gives one chain of its
    majority answer that reasons, unverified. `accept_unchecked` passes chains that no fact speaks to.
    """
    verified = [case.teacher[verdict.chain] for verdict in case.verdicts if passes(verdict, accept_unchecked)]
    rejected = any(verdict.consistent is False for verdict in case.verdicts)
    if not verified and not rejected and case.status == "agreeing" and agreeing in ("keep", "audit"):
        verified = _with_majority_answer([chain for chain in case.teacher if not is_bare(pack, chain)])
    majority = compare.majority_answer(verified)
    # sorted() is stable: chains of the majority answer (False) come first, each kind in its own order.
    verified = sorted(verified, key=lambda chain: compare.same_answer(chain.answer, majority) is not True)
    chains: dict[str, Chain] = {}
    for chain in verified:
        chains.setdefault(chain.text.strip(), chain)
    kept = list(chains.values())[:per_question]
    return [chain_example(pack, case.text, case.choices, case.id, chain, case.several) for chain in kept]


def distill(pack: Pack, case: Case) -> list[Example]:
    """Plain distillation: the first teacher chain that gave an answer, unfiltered."""
    return _first(pack, case, [chain for chain in case.teacher if chain.answer is not None])


def teacher_majority(pack: Pack, case: Case) -> list[Example]:
    """Self-consistency distillation: one chain with the teacher's majority answer."""
    return _first(pack, case, _with_majority_answer(case.teacher))


def self_train(pack: Pack, case: Case) -> list[Example]:
    """Self-training: one student chain with the student's majority answer."""
    return _first(pack, case, _with_majority_answer(case.student))


def many_chains(pack: Pack, case: Case) -> list[Example]:
    """Distillation of all teacher chains that gave an answer, unfiltered (SCoTD)."""
    chains = {chain.text.strip(): chain for chain in case.teacher if chain.answer is not None}
    return [chain_example(pack, case.text, case.choices, case.id, chain, case.several) for chain in chains.values()]


@dataclass(frozen=True)
class Recipe:
    """What a student learns from a run's cases, and how.

    Attributes:
        atoms: Whether it learns the kept atoms.
        verified: Whether it learns the verified chains.
        chains: Other chains that it learns, made from each case.
        order: The order of atoms and chains, where the recipe is about it; None is as configured.
        replay: The share of the first stage replayed in the second, likewise.
    """

    atoms: bool = False
    verified: bool = False
    chains: Callable[[Pack, Case], list[Example]] | None = None
    order: str | None = None
    replay: float | None = None


RECIPES: dict[str, Recipe] = {
    "dgrc": Recipe(atoms=True, verified=True),
    # Baselines: what the same teacher and student give without the method.
    "distill": Recipe(chains=distill),
    "many_chains": Recipe(chains=many_chains),
    "teacher_majority": Recipe(chains=teacher_majority),
    "self_train": Recipe(chains=self_train),
    # Ablations: the method without one of its parts, or in another order.
    "atoms_only": Recipe(atoms=True),
    "chains_only": Recipe(verified=True),
    "unverified": Recipe(atoms=True, chains=many_chains),
    "no_replay": Recipe(atoms=True, verified=True, replay=0.0),
    "chains_first": Recipe(atoms=True, verified=True, order="chains_first"),
    "mixed": Recipe(atoms=True, verified=True, order="mixed"),
}


def passes(verdict: Verdict, accept_unchecked: bool) -> bool:
    """Whether a chain of this verdict may be learned."""
    return verdict.consistent is True or (accept_unchecked and verdict.reason == UNCHECKED)


def _with_majority_answer(chains: Sequence[Chain]) -> list[Chain]:
    """The first chain with the majority answer, if any chain gave an answer."""
    majority = compare.majority_answer(chains)
    return [chain for chain in chains if compare.same_answer(chain.answer, majority)][:1]


def _first(pack: Pack, case: Case, chains: Sequence[Chain]) -> list[Example]:
    return [chain_example(pack, case.text, case.choices, case.id, chain, case.several) for chain in chains[:1]]


def _example(kind: str, source: int, turns: Sequence[Message], reply: str) -> Example:
    identity = hash64(kind, turns[-1]["content"], reply)
    return Example(identity, kind, source, (*turns, {"role": "assistant", "content": reply}))
