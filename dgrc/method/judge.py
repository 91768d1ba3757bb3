"""Judging an answered atom. Question, rationale and answer flow in; a score out of 14 flows out.

Seven aspects, 0 to 2 each, as the authors' code scores them (it keeps 13 and more); the wording is ours. A judge that
passes everything filters nothing, so its pass rate is reported.
"""

from dgrc.method.echo import ECHO, is_echo
from dgrc.method.prompts import Pack
from dgrc.method.replies import json_object
from dgrc.records import Message

ASPECTS = ("clarity", "completeness", "structure", "credibility", "richness", "logic", "instruction_following")
MOST = 2 * len(ASPECTS)


def build_messages(pack: Pack, atom: str, rationale: str, answer: str) -> list[Message]:
    """The messages that ask for a score."""
    return pack.messages("judge", atom=atom, rationale=rationale, answer=answer)


def parse_reply(pack: Pack, reply: str) -> tuple[int | None, str | None]:
    """The total of a reply (0 to 14), or None and why it cannot be read."""
    value = json_object(reply)
    if value is None:
        return None, "the judgement is not one JSON object"
    remark = value.get("remark")
    if isinstance(remark, str) and is_echo(pack, remark):
        return None, f"{ECHO}: the judgement's remark is the prompt's own words"
    scores = [value.get(aspect) for aspect in ASPECTS]
    if not all(type(score) is int and 0 <= score <= 2 for score in scores):  # JSON's true is an int to Python
        return None, "the judgement does not score each aspect with 0, 1 or 2"
    return sum(score for score in scores if score is not None), None
