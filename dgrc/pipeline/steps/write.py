"""What `write` does to one row: a passage becomes questions, each checked by rule and, if wanted, by the teacher."""

import asyncio

from dgrc.method import write as write_step
from dgrc.pipeline.steps.ask import merge
from dgrc.pipeline.steps.toolbox import PRIORITY, Toolbox, request_error
from dgrc.records import Usage
from dgrc.records.corpus import Passage, Written, WrittenPassage


async def write(tools: Toolbox, passage: Passage) -> WrittenPassage:
    """Has questions written about a passage; what cannot be used of them says why."""
    settings = tools.corpus
    assert settings is not None
    completion, usage = await tools.caller.ask(
        "teacher", "write", passage.id,
        write_step.build_messages(tools.pack, passage.text, passage.title, settings.form, settings.questions_a_passage),
        settings.sampling, priority=PRIORITY["write"], schema=tools.pack.schema("write"),
    )  # fmt: skip
    error = request_error("teacher", "write", completion)
    found: list[tuple[str, tuple[str, ...]]] = []
    if error is None:
        found, error = write_step.parse_reply(completion.samples[0].text, settings.form)
        error = None if error is None else f"write: {error}"
    checked = await asyncio.gather(*(_checked(tools, passage, text, choices) for text, choices in found))
    status = "failed" if error else "written" if found else "empty"
    return WrittenPassage(
        passage.id, passage.document, passage.source, passage.start, passage.end, status,
        tuple(question for question, _ in checked), merge([usage, *(u for _, spent in checked for u in spent)]), error,
    )


async def _checked(
    tools: Toolbox, passage: Passage, text: str, choices: tuple[str, ...]
) -> tuple[Written, list[Usage]]:
    settings = tools.corpus
    assert settings is not None
    if problem := write_step.problem(text, choices, settings.form):
        return Written(text, choices, problem), []
    if not settings.stands_alone:
        return Written(text, choices, None), []
    completion, usage = await tools.caller.ask(
        "teacher", "stands_alone", passage.id, write_step.build_check(tools.pack, text, choices),
        tools.method.judge_sampling, priority=PRIORITY["answer"], schema=tools.pack.schema("stands_alone"),
    )
    if request_error("teacher", "stands_alone", completion):
        return Written(text, choices, "unchecked"), [usage]
    fit, _ = write_step.parse_check(completion.samples[0].text)
    return Written(text, choices, {True: None, False: "does_not_stand_alone", None: "unchecked"}[fit]), [usage]
