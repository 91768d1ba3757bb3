"""What `answer` does to one row: a distinct atomic question, answered m times in a fresh context and screened."""

from dgrc.method import answer as answer_step
from dgrc.method import curriculum, judge, meaning, screen
from dgrc.method.echo import ECHO
from dgrc.method.prompts import Pack
from dgrc.method.replies import encodable
from dgrc.pipeline.steps.ask import merge
from dgrc.pipeline.steps.same import grouped
from dgrc.pipeline.steps.toolbox import PRIORITY, Toolbox, request_error
from dgrc.records import Atom, AtomQuestion, Refused, Usage

UNREAD, CUT = "unread", "cut_off"
"""Why a reply that is no echo gives no answer."""


async def answer(tools: Toolbox, atom: AtomQuestion) -> Atom:
    """Answers one distinct atomic question m times; what the answers agree on is judged and measured, if wanted."""
    method = tools.method
    completion, usage = await tools.caller.ask(
        "teacher", "answer", atom.id, answer_step.build_messages(tools.pack, atom.question),
        method.answer_sampling, n=method.answers_per_atom, priority=PRIORITY["answer"],
        schema=tools.pack.schema("answer"),
    )
    replies = [_parse_answer(tools.pack, s.text, s.finish_reason, atom.question) for s in completion.samples]
    said = [answer for answer, _, _ in replies]
    groups, graded, ungraded = await grouped(tools, atom.id, atom.question, [a for a in said if a is not None], "auto")
    best, agreement = meaning.agreement(said, groups)
    text, rationale = (said[best], replies[best][1]) if best is not None else (None, "")
    dropped = completion.error or screen.dropped_because(text, agreement, method.min_agreement)
    if text is None and any(problem == ECHO for _, _, problem in replies):
        dropped = ECHO
    spent, ifd, score = [usage, *graded], None, None
    if dropped is None and text is not None and method.ifd is not None:
        ifd, dropped = await _difficulty(tools, atom, text, rationale, spent)
    if dropped is None and text is not None and method.judge is not None:
        score, dropped = await _judge(tools, atom, text, rationale, spent)
    return Atom(
        atom.id, atom.question, atom.variants, atom.asked_by, text, rationale, agreement,
        tuple(a or "" for a in said), dropped is None, dropped, merge(spent), completion.error or ungraded, ifd, score,
        unread=tuple(
            Refused(encodable(sample.text), problem or (UNREAD if sample.finish_reason == "stop" else CUT))
            for sample, (answer, _, problem) in zip(completion.samples, replies, strict=True)
            if answer is None
        ),
    )


async def _difficulty(
    tools: Toolbox, atom: AtomQuestion, answer: str, rationale: str, spent: list[Usage]
) -> tuple[float | None, str | None]:
    """The atom's IFD under the student, over the turn that is to be learned, and why it is dropped, if so."""
    limits = tools.method.ifd
    assert limits is not None
    example = curriculum.atom_turns(tools.pack, atom.question, answer, rationale)
    alone = [{"role": "user", "content": ""}, example[-1]]
    losses: list[float] = []
    for messages in (example, alone):
        scored, usage = await tools.caller.ask(
            "student", "ifd", atom.id, messages, tools.method.judge_sampling, priority=PRIORITY["answer"], score=True
        )
        spent.append(usage)
        if scored.error is not None:
            return None, f"ifd: {scored.error}"
        losses.append(-sum(scored.logprobs) / len(scored.logprobs))
    ifd = screen.difficulty(*losses)
    return ifd, None if limits[0] <= ifd <= limits[1] else "ifd"


async def _judge(
    tools: Toolbox, atom: AtomQuestion, answer: str, rationale: str, spent: list[Usage]
) -> tuple[int | None, str | None]:
    """The judge's score of an answered atom, and why it is dropped, if so."""
    completion, usage = await tools.caller.ask(
        "teacher", "judge", atom.id, judge.build_messages(tools.pack, atom.question, rationale, answer),
        tools.method.judge_sampling, priority=PRIORITY["answer"], schema=tools.pack.schema("judge"),
    )
    spent.append(usage)
    error = request_error("teacher", "judge", completion)
    if error is not None:
        return None, f"unjudged: {error}"
    score, error = judge.parse_reply(tools.pack, completion.samples[0].text)
    if score is None:
        return None, f"unjudged: {error}"
    least = tools.method.judge
    assert least is not None
    return score, None if score >= least else "judge"


def _parse_answer(pack: Pack, text: str, finish_reason: str, atom: str) -> tuple[str | None, str, str | None]:
    if finish_reason != "stop":  # a cut reply may end in half an answer
        return None, "", None
    return answer_step.parse_reply(pack, text, atom)
