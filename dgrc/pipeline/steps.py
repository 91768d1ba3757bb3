"""What each pass does to one row: the method's pure functions strung together by engine calls.

Every step takes a `Toolbox` and a record and returns a record. A request that fails is an error in
that record; an exception means that the engine itself is broken and ends the pass (resumably).
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from dgrc.config import MethodConfig
from dgrc.engines.base import Completion
from dgrc.method import answer as answer_step
from dgrc.method import compare, diagnose, sample, screen
from dgrc.method import verify as verify_step
from dgrc.method.prompts import Pack
from dgrc.pipeline.caller import Caller, merge
from dgrc.pipeline.facts import FactIndex
from dgrc.records import (
    Atom,
    AtomQuestion,
    Case,
    Chain,
    Diagnosis,
    Divergence,
    Question,
    Usage,
    Verdict,
    VerifiedCase,
    hash64,
)

CANDIDATES = 4
"""Facts that are looked at for each that may be shown: BM25 ranks by shared words, `speaks_to` decides."""
# Later steps go first: questions finish rather than pile up half done (vLLM: smaller is sooner).
PRIORITY = {"sample": 2, "diagnose": 1, "answer": 0, "verify": 0}


@dataclass
class Toolbox:
    """What a step works with: settings, prompts, engines, and the facts found so far (None before `verify`)."""

    method: MethodConfig
    pack: Pack
    caller: Caller
    facts: FactIndex | None


async def gather(tools: Toolbox, question: Question) -> Case:
    """Samples both models' chains, compares their answers and has each divergence diagnosed."""
    (teacher, teacher_usage, teacher_error), (student, student_usage, student_error) = await asyncio.gather(
        _sample(tools, question, "teacher"), _sample(tools, question, "student")
    )
    usage = [teacher_usage, student_usage]
    error = teacher_error or student_error
    if error:
        return Case(question.id, question.text, question.choices, "failed", teacher, student, (), merge(usage), error)
    status = compare.status(teacher, student)
    pairs = compare.diverging_pairs(teacher, student, tools.method.pairs, tools.method.max_pairs)
    diagnosed = await asyncio.gather(
        *(_diagnose(tools, question, pair, teacher[pair.teacher], student[pair.student]) for pair in pairs)
    )
    usage += [u for _, u in diagnosed]
    diagnoses = tuple(d for d, _ in diagnosed)
    return Case(question.id, question.text, question.choices, status, teacher, student, diagnoses, merge(usage), None)


async def answer(tools: Toolbox, atom: AtomQuestion) -> Atom:
    """Answers one distinct atomic question m times in a fresh context and screens it by agreement."""
    method = tools.method
    completion, usage = await tools.caller.ask(
        "teacher", "answer", atom.id, answer_step.build_messages(tools.pack, atom.question),
        method.answer_sampling, n=method.answers_per_atom, priority=PRIORITY["answer"],
        schema=tools.pack.schema("answer"),
    )
    replies = [_parse_answer(tools.pack, s.text, s.finish_reason) for s in completion.samples]
    best, agreement = screen.agreement([a for a, _ in replies])
    text, rationale = replies[best] if best is not None else (None, "")
    dropped = completion.error or screen.dropped_because(text, agreement, method.min_agreement)
    return Atom(
        atom.id, atom.question, atom.variants, atom.asked_by, text, rationale, agreement,
        tuple(a or "" for a, _ in replies), dropped is None, dropped, merge([usage]), completion.error,
    )


async def verify(tools: Toolbox, case: Case) -> VerifiedCase:
    """Holds each teacher chain against the facts that speak to it, asked by this question or elsewhere."""
    checks: list[tuple[Verdict, Usage | None]] = []
    if case.status == "divergent" or (case.status == "agreeing" and tools.method.agreeing == "corpus"):
        assert tools.facts is not None, "the index is built before the pass"
        own = tools.facts.get([screen.atom_id(a) for a in case_atoms(case.diagnoses, tools.method.near_duplicate)])
        checks = await asyncio.gather(*(_check(tools, case, i, own) for i in range(len(case.teacher))))
    return VerifiedCase(
        case.id, case.text, case.choices, case.status, case.teacher,
        tuple(v for v, _ in checks), merge([u for _, u in checks if u is not None]), case.error,
    )


def _facts(
    tools: Toolbox, case: Case, chain: Chain, own: Sequence[verify_step.Fact]
) -> tuple[verify_step.Fact, ...]:
    """What a chain is held against: the question's own atoms as published, or all atoms that speak to this chain.

    In the second case own atoms that are about other chains (the student's court, say) are left out too.
    """
    method = tools.method
    if not method.corpus_facts or tools.facts is None:
        return verify_step.sort_facts(own)
    said = screen.content_words(f"{case.text} {chain.text}")
    found = tools.facts.search(said, CANDIDATES * (method.corpus_facts + len(own)))
    elsewhere = [f for f in found if f not in own and verify_step.speaks_to(f, said, method.fact_coverage)]
    here = [f for f in own if verify_step.speaks_to(f, said, method.fact_coverage)]
    return verify_step.sort_facts([*here, *elsewhere[: method.corpus_facts]])


def case_atoms(diagnoses: tuple[Diagnosis, ...], near_duplicate: float) -> tuple[str, ...]:
    """The atomic questions of one case, in the order asked, without repeats."""
    return screen.distinct([a for d in diagnoses for a in d.atoms], near_duplicate)


async def _sample(tools: Toolbox, question: Question, role: str) -> tuple[tuple[Chain, ...], Usage, str | None]:
    method = tools.method
    n, sampling = (
        (method.teacher_chains, method.teacher_sampling) if role == "teacher"
        else (method.student_chains, method.student_sampling)
    )
    completion, usage = await tools.caller.ask(
        role, "sample", question.id, sample.build_messages(tools.pack, question.text, question.choices),
        sampling, n=n, priority=PRIORITY["sample"],
    )
    chains = tuple(
        sample.to_chain(s.text, s.finish_reason, s.tokens, question.choices) for s in completion.samples
    )
    return chains, usage, _error(role, "sample", completion)


async def _diagnose(
    tools: Toolbox, question: Question, pair: Divergence, teacher: Chain, student: Chain
) -> tuple[Diagnosis, Usage]:
    # Which chain stands first is a coin toss by content, so that position tells nothing about its author.
    swap = hash64(str(question.id), teacher.text, student.text) % 2 == 1
    completion, usage = await tools.caller.ask(
        "teacher", "diagnose", question.id,
        diagnose.build_messages(tools.pack, question.text, question.choices, teacher, student, swap),
        tools.method.diagnose_sampling, priority=PRIORITY["diagnose"], schema=tools.pack.schema("diagnose"),
    )
    error = _error("teacher", "diagnose", completion)
    raw = completion.samples[0].text if completion.samples else ""
    atoms: tuple[str, ...] = ()
    if error is None:
        atoms, error = diagnose.parse_reply(tools.pack, raw)
    return Diagnosis(pair.teacher, pair.student, atoms, error, raw), usage


async def _check(
    tools: Toolbox, case: Case, index: int, own: Sequence[verify_step.Fact]
) -> tuple[Verdict, Usage | None]:
    chain = case.teacher[index]
    if chain.answer is None:
        return Verdict(index, None, (), (), "the chain has no answer"), None
    facts = _facts(tools, case, chain, own)
    if not facts:
        return Verdict(index, None, (), (), "no fact speaks to it"), None
    ids = tuple(fact.id for fact in facts)
    completion, usage = await tools.caller.ask(
        "teacher", "verify", case.id,
        verify_step.build_messages(tools.pack, case.text, case.choices, chain, facts),
        tools.method.verify_sampling, priority=PRIORITY["verify"], schema=tools.pack.schema("verify"),
    )
    error = _error("teacher", "verify", completion)
    if error is not None:
        return Verdict(index, None, ids, (), error), usage
    consistent, contradicted, reason = verify_step.parse_reply(tools.pack, completion.samples[0].text, facts)
    return Verdict(index, consistent, ids, contradicted, reason), usage


def _parse_answer(pack: Pack, text: str, finish_reason: str) -> tuple[str | None, str]:
    if finish_reason != "stop":  # a cut reply may end in half an answer
        return None, ""
    return answer_step.parse_reply(pack, text)


def _error(role: str, step: str, completion: Completion) -> str | None:
    """The request's error in words; for steps with one reply, also that it was cut off."""
    if completion.error is not None:
        return f"{role} {step}: {completion.error}"
    if step != "sample" and completion.samples[0].finish_reason != "stop":
        return f"{role} {step}: the reply was cut off after {completion.samples[0].tokens} tokens"
    return None
