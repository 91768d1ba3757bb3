"""What `verify` does to one row: each teacher chain of a case against the facts that speak to it."""

import asyncio
from collections.abc import Iterable, Sequence

from dgrc.config import Config
from dgrc.method import audit, compare, sample, screen
from dgrc.method import verify as verify_step
from dgrc.method.text.thoughts import shown
from dgrc.method.verify import Fact, extract
from dgrc.pipeline.steps.ask import merge
from dgrc.pipeline.steps.gather import case_atoms, sample_chains
from dgrc.pipeline.steps.toolbox import PRIORITY, Toolbox, request_error
from dgrc.questions.recorded import VerdictStore
from dgrc.records import Case, Chain, FactCheck, Usage, Verdict, VerifiedCase

CANDIDATES = 4
"""Facts that are looked at for each that may be shown: BM25 ranks by shared words, `speaks_to` decides."""


def roles(config: Config) -> tuple[str, ...]:
    """Who is asked in `verify`: the verifier, if one is configured, and the teacher where it must sample again."""
    verifier = ("verifier",) if config.verifier is not None else ("teacher",)
    return tuple(dict.fromkeys((*verifier, *(("teacher",) if config.method.resample else ()))))


async def verify(tools: Toolbox, case: Case) -> VerifiedCase:
    """Holds each teacher chain against the facts that speak to it, asked by this question or elsewhere.

    Where every chain is rejected the teacher samples again, at most `resample` times; the new chains follow the old.
    """
    teacher, error = list(case.teacher), case.error
    verdicts: list[Verdict] = []
    usage: list[Usage] = []
    supporting: list[Verdict] = []
    opposing: list[Verdict] = []
    if _is_checked(tools, case):
        own = _own_facts(tools, case)
        verdicts, usage = await _check_all(tools, case, enumerate(teacher), own, tools.verdicts)
        for attempt in range(1, tools.method.resample + 1):
            if not all_rejected(verdicts):
                break
            asked = sample.build_messages(tools.pack, case.text, case.choices, case.several)
            more, sampled, failure = await sample_chains(tools, case, asked, "teacher", attempt)
            checked, spent = await _check_all(tools, case, enumerate(more, len(teacher)), own, tools.verdicts)
            teacher += more
            verdicts += checked
            usage += [sampled, *spent]
            error = error or failure
        if _is_disputed(case) and not any(verdict.consistent for verdict in verdicts):
            supporting, opposing, spent = await _check_others(tools, case, own)
            usage += spent
    return VerifiedCase(
        case.id, case.text, case.choices, case.status, tuple(teacher), tuple(verdicts), merge(usage), error,
        audit.finding(case.teacher, case.auditor) if case.auditor else None, tuple(supporting),
        tuple(opposing), case.several,
    )


def all_rejected(verdicts: Sequence[Verdict]) -> bool:
    """Whether facts speak against the chains and none of them passed."""
    said = [verdict.consistent for verdict in verdicts]
    return False in said and True not in said


def _is_checked(tools: Toolbox, case: Case) -> bool:
    """Divergent questions, and agreeing ones that the auditor disputes, that the corpus is to judge, or that diverged
    in an earlier round: what the student has learned since must not fall out of the curriculum."""
    if case.status == "agreeing":
        return _is_disputed(case) or tools.method.agreeing == "corpus" or tools.verdicts.has(case.id)
    return case.status == "divergent"


def _is_disputed(case: Case) -> bool:
    return any(diagnosis.against == "auditor" for diagnosis in case.diagnoses)


async def _check_others(
    tools: Toolbox, case: Case, own: Sequence[Fact]
) -> tuple[list[Verdict], list[Verdict], list[Usage]]:
    """Verdicts on the student's and the auditor's chains that say what was agreed, and on those of the auditor that say
    otherwise."""
    agreed = compare.majority_answer(case.teacher)
    chains = list(enumerate(case.student + case.auditor))
    same = [(n, chain) for n, chain in chains if compare.same_answer(chain.answer, agreed) is True]
    other = [(n, chain) for n, chain in chains if compare.same_answer(chain.answer, agreed) is False]
    supporting, spent = await _check_all(tools, case, same, own)
    opposing, more = await _check_all(tools, case, other, own)
    return supporting, opposing, [*spent, *more]


def _own_facts(tools: Toolbox, case: Case) -> list[Fact]:
    """The answers to what this question's divergence raised, one for each distinct atom."""
    assert tools.facts is not None, "the index is built before the pass"
    facts = tools.facts.get([id_ for id_, _ in case_atoms(case.id, case.diagnoses, tools.method)])
    return list({screen.atom_key(fact.question): fact for fact in reversed(facts)}.values())


def _facts(tools: Toolbox, case: Case, chain: Chain, own: Sequence[Fact]) -> tuple[Fact, ...]:
    """What a chain is held against: the question's own atoms as published, or all atoms that speak to this chain.

    In the second case own atoms that are about other chains (the student's court, say) are left out too.
    """
    method = tools.method
    if not method.corpus_facts or tools.facts is None:
        return verify_step.sort_facts(own)
    said = screen.content_words(f"{case.text} {shown(chain, method.thoughts)}")
    found = tools.facts.search(said, CANDIDATES * (method.corpus_facts + len(own)))
    elsewhere = [f for f in found if f not in own and verify_step.speaks_to(f, said, method.fact_coverage)]
    here = [f for f in own if verify_step.speaks_to(f, said, method.fact_coverage)]
    return verify_step.sort_facts([*here, *elsewhere[: method.corpus_facts]])


async def _check_all(
    tools: Toolbox,
    case: Case,
    chains: Iterable[tuple[int, Chain]],
    own: Sequence[Fact],
    known: VerdictStore | None = None,
) -> tuple[list[Verdict], list[Usage]]:
    """A verdict on each numbered chain, and what they cost; those `known` by question and number are not asked for."""
    checks = await asyncio.gather(
        *(_check(tools, case, n, chain, own, known.get(case.id, n) if known else None) for n, chain in chains)
    )
    return [verdict for verdict, _ in checks], [usage for _, spent in checks for usage in spent]


async def _check(
    tools: Toolbox, case: Case, index: int, chain: Chain, own: Sequence[Fact], known: Verdict | None
) -> tuple[Verdict, list[Usage]]:
    """A verdict; the one `known` from an earlier round if the chain still stands against the same facts."""
    if chain.answer is None:
        return Verdict(index, None, (), (), "the chain has no answer"), []
    if verify_step.is_bare(tools.pack, chain, tools.method.thoughts):
        return Verdict(index, None, (), (), verify_step.BARE), []
    facts = _facts(tools, case, chain, own)
    ids = tuple(fact.id for fact in facts)
    if known is not None and (known.facts == ids or not ids):
        return known, []
    if not facts:
        return Verdict(index, None, (), (), verify_step.UNCHECKED), []
    compared, spent = await _compared(tools, case, chain, facts)
    left = tuple(fact for fact in facts if fact.id not in compared)
    if not left or verify_step.contradicted(compared.values()):
        return verify_step.settled(index, ids, (*compared.values(),)), spent
    consistent, judged, reason, usage = await _judged(tools, case, chain, left)
    checks = compared | {check.fact: check for check in judged}
    in_order = tuple(checks[id_] for id_ in ids if id_ in checks)
    return Verdict(index, consistent, ids, verify_step.contradicted(judged), reason, in_order), [*spent, usage]


async def _compared(
    tools: Toolbox, case: Case, chain: Chain, facts: Sequence[Fact]
) -> tuple[dict[int, FactCheck], list[Usage]]:
    """How the chain stands to each fact, by its id, as far as words decide it (`extract`); to none where a pack does
    not ask, or the reply is no help: then the verifier is asked about all of them."""
    if extract.STEP not in tools.pack.templates:
        return {}, []
    method, role = tools.method, _verifier(tools)
    completion, usage = await tools.caller.ask(
        role, extract.STEP, case.id,
        extract.build_messages(tools.pack, case.text, case.choices, chain, facts, method.thoughts),
        method.verify_sampling, priority=PRIORITY[extract.STEP], schema=extract.schema(tools.pack, facts),
    )
    if request_error(role, extract.STEP, completion) is not None:
        return {}, [usage]
    said = extract.parse_reply(tools.pack, completion.samples[0].text, len(facts))
    if said is None:
        return {}, [usage]
    text = shown(chain, method.thoughts)
    checks = (extract.check(f, s, text, method.number_tolerance) for f, s in zip(facts, said, strict=True))
    return {check.fact: check for check in checks if check is not None}, [usage]


async def _judged(
    tools: Toolbox, case: Case, chain: Chain, facts: Sequence[Fact]
) -> tuple[bool | None, tuple[FactCheck, ...], str | None, Usage]:
    """The verifier's word on the chain against these facts, and what it cost."""
    role = _verifier(tools)
    completion, usage = await tools.caller.ask(
        role, "verify", case.id,
        verify_step.build_messages(tools.pack, case.text, case.choices, chain, facts, tools.method.thoughts),
        tools.method.verify_sampling, priority=PRIORITY["verify"], schema=verify_step.schema(tools.pack, facts),
    )
    error = request_error(role, "verify", completion)
    if error is not None:
        return None, (), error, usage
    return *verify_step.parse_reply(tools.pack, completion.samples[0].text, facts), usage


def _verifier(tools: Toolbox) -> str:
    return "verifier" if tools.caller.has("verifier") else "teacher"
