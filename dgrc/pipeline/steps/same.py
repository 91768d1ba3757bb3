"""Which answers of a row are the same: by `meaning`, and where groups remain, by one request to a grader if wanted."""

from collections.abc import Sequence

from dgrc.method import grade, meaning
from dgrc.pipeline.steps.toolbox import PRIORITY, Toolbox, request_error
from dgrc.records import Usage


async def grouped(
    tools: Toolbox, owner: int, question: str, answers: Sequence[str], form: str
) -> tuple[list[list[str]], list[Usage], str | None]:
    """The distinct answers to a question in groups of the same, what asking cost, and why a grader was no help.

    What a grader cannot decide is no agreement: then the groups stay as they are.
    """
    method = tools.method
    groups = meaning.group(answers, form, method.number_tolerance, question)
    if not method.grader or form not in ("auto", "text") or not 1 < len(groups) <= grade.MOST_ANSWERS:
        return groups, [], None
    heads = [members[0] for members in groups]
    completion, spent = await tools.caller.ask(
        "teacher", "grade", owner, grade.build_messages(tools.pack, question, heads),
        method.judge_sampling, priority=PRIORITY["grade"], schema=tools.pack.schema("grade"),
    )  # fmt: skip
    error = request_error("teacher", "grade", completion)
    if error is None:
        merged, error = grade.parse_reply(completion.samples[0].text, heads)
        # A group takes in all wordings of the heads that mean the same.
        groups = [[w for h in hs for w in groups[heads.index(h)]] for hs in merged] if merged else groups
    return groups, [spent], None if error is None else f"grading: {error}"
