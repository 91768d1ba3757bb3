"""What `gather` does to one row: the method's pure functions strung together by engine calls.

Every step takes a `Toolbox` and a record and returns a record. A request that fails is an error in
that record; an exception means that the engine itself is broken and ends the pass (resumably).
"""

import asyncio
from collections.abc import Sequence

from dgrc.config import MethodConfig
from dgrc.engines.base import Sample
from dgrc.method import audit, compare, diagnose, sample, screen
from dgrc.pipeline.steps.ask import merge
from dgrc.pipeline.steps.read import asks_somebody, read_unread
from dgrc.pipeline.steps.same import grouped
from dgrc.pipeline.steps.toolbox import PRIORITY, Toolbox, request_error
from dgrc.records import Asked, Case, Chain, Diagnosis, Divergence, Message, Question, Refused, Usage, hash64


async def gather(tools: Toolbox, question: Question) -> Case:
    """Samples both models' chains, compares their answers and has each divergence diagnosed."""
    asked = sample.build_messages(tools.pack, question.text, question.choices, question.several)
    (teacher, teacher_usage, teacher_error), (student, student_usage, student_error) = await asyncio.gather(
        sample_chains(tools, question, asked, "teacher"), sample_chains(tools, question, asked, "student")
    )
    usage = [teacher_usage, student_usage]
    error = teacher_error or student_error
    if error:
        return Case(
            question.id, question.text, question.choices, "failed", teacher, student, (), merge(usage), error,
            several=question.several,
        )  # fmt: skip
    asked_teacher: list[Asked] = []
    asked_student: list[Asked] = []
    if asks_somebody(tools):
        (teacher, asked_teacher, spent), (student, asked_student, more) = await asyncio.gather(
            read_unread(tools, question, "teacher", teacher), read_unread(tools, question, "student", student)
        )
        usage += [*spent, *more]
    teacher, student, graded, error = await _one_wording(tools, question, teacher, student)
    usage += graded
    status = compare.status(teacher, student)
    pairs = compare.diverging_pairs(teacher, student, tools.method.pairs, tools.method.max_pairs)
    diagnosed = await _diagnose_all(tools, question, pairs, teacher, student, "student")
    auditor: tuple[Chain, ...] = ()
    if status == "agreeing" and audit.is_sampled(question.id, tools.method.audit_share):
        auditor, audit_usage, failure = await sample_chains(tools, question, asked, "auditor")
        _, auditor, graded, unusable = await _one_wording(tools, question, teacher, auditor)
        error = error or failure or unusable
        pairs = compare.diverging_pairs(teacher, auditor, "majority", 1)
        diagnosed += await _diagnose_all(tools, question, pairs, teacher, auditor, "auditor")
        usage += [audit_usage, *graded]
    usage += [u for _, u in diagnosed]
    return Case(
        question.id, question.text, question.choices, status, teacher, student,
        tuple(d for d, _ in diagnosed), merge(usage), error, auditor, (*asked_teacher, *asked_student),
        question.several,
    )


async def _one_wording(
    tools: Toolbox, question: Question, teacher: tuple[Chain, ...], student: tuple[Chain, ...]
) -> tuple[tuple[Chain, ...], tuple[Chain, ...], list[Usage], str | None]:
    """The chains with one wording for answers that are the same, what asking cost, and why a grader was no help."""
    said = compare.wordings([*teacher, *student])
    if question.choices or len(said) < 2:
        return teacher, student, [], None
    groups, usage, error = await grouped(tools, question.id, question.text, said, tools.method.answers)
    return compare.unify(teacher, groups), compare.unify(student, groups), usage, error


def case_atoms(case: int, diagnoses: Sequence[Diagnosis], method: MethodConfig) -> list[tuple[int, str]]:
    """The atomic questions of one case with their ids, in the order asked.

    An atom asked twice is one, unless every pair is to have its own answers (`shared_answers: false`, as published).
    """
    if method.shared_answers:
        wordings = screen.distinct([a for d in diagnoses for a in d.atoms], method.near_duplicate)
        return [(screen.atom_id(wording), wording) for wording in wordings]
    return [
        (hash64(str(screen.atom_id(wording)), str(case), str(pair)), wording)
        for pair, diagnosis in enumerate(diagnoses)
        for wording in screen.distinct(diagnosis.atoms, method.near_duplicate)
    ]


async def sample_chains(
    tools: Toolbox, question: Question | Case, asked: Sequence[Message], role: str, attempt: int = 0
) -> tuple[tuple[Chain, ...], Usage, str | None]:
    """The chains of one role for the messages `asked`, recorded or sampled now, what they cost, and why there are none.
    """
    recorded = tools.recorded[role].get(question.id) if role in tools.recorded and not attempt else None
    if recorded is not None:
        chains = tuple(_parsed(tools, chain, question) for chain in recorded)
        return chains, Usage(role, "sample", 0, 0, 0, 0), None
    method = tools.method
    n, sampling = {
        "teacher": (method.teacher_chains, method.teacher_sampling),
        "student": (method.student_chains, method.student_sampling),
        "auditor": (method.auditor_chains, method.teacher_sampling),
    }[role]
    completion, usage = await tools.caller.ask(
        role, "sample", question.id, asked, sampling, n=n, priority=PRIORITY["sample"], attempt=attempt
    )
    chains = tuple(_chain(tools, s, question) for s in completion.samples)
    return chains, usage, request_error(role, "sample", completion)


def _parsed(tools: Toolbox, chain: Chain, question: Question | Case) -> Chain:
    """A recorded chain with its answer, which files of other makers do not name."""
    return chain if chain.answer is not None else _chain(tools, chain, question)


def _chain(tools: Toolbox, said: Sample | Chain, question: Question | Case) -> Chain:
    form, tagged = tools.method.answers, tools.pack.reply == "tagged"
    return sample.to_chain(
        said.text, said.finish_reason, said.tokens, question.choices, form, said.thoughts, tagged, question.several,
        question.text,
    )


async def _diagnose_all(
    tools: Toolbox,
    question: Question,
    pairs: Sequence[Divergence],
    teacher: Sequence[Chain],
    others: Sequence[Chain],
    against: str,
) -> list[tuple[Diagnosis, Usage]]:
    if not pairs:
        return []
    return await asyncio.gather(
        *(_diagnose(tools, question, p, teacher[p.teacher], others[p.student], against) for p in pairs)
    )


async def _diagnose(
    tools: Toolbox, question: Question, pair: Divergence, teacher: Chain, student: Chain, against: str
) -> tuple[Diagnosis, Usage]:
    # Which chain stands first is a coin toss by content, so that position tells nothing about its author.
    swap = hash64(str(question.id), teacher.text, student.text) % 2 == 1
    completion, usage = await tools.caller.ask(
        "teacher", "diagnose", question.id,
        diagnose.build_messages(
            tools.pack, question.text, question.choices, teacher, student, swap, tools.method.thoughts
        ),
        tools.method.diagnose_sampling, priority=PRIORITY["diagnose"], schema=tools.pack.schema("diagnose"),
    )
    error = request_error("teacher", "diagnose", completion)
    raw = completion.samples[0].text if completion.samples else ""
    atoms: tuple[str, ...] = ()
    refused: tuple[Refused, ...] = ()
    if error is None:
        about = (question.text, *question.choices, teacher.text, teacher.thoughts, student.text, student.thoughts)
        atoms, refused, error = diagnose.parse_reply(tools.pack, raw, about)
    return Diagnosis(pair.teacher, pair.student, atoms, error, raw, against, refused), usage
