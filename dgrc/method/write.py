"""Writing questions about a passage. A passage becomes chat messages; a reply becomes questions, each with what is
wrong with it, if anything is.

The questions are unlabeled: the teacher is asked for a question and its options, never for the answer. A question must
stand alone, for nobody who answers it sees the passage.
"""

import re
from collections.abc import Sequence

from dgrc.method.prompts import Pack
from dgrc.method.reading.options import lettered
from dgrc.method.replies import json_object, one_line
from dgrc.method.text.normalize import normalize
from dgrc.method.text.segment import count
from dgrc.records import Message

FORMS = {
    "multiple_choice": "multiple choice with four options, of which exactly one is right",
    "short_answer": "with a short answer: a number, a name or a few words; no options",
    "yes_no": "to be answered by yes or no; no options",
}
LEAST_WORDS, MOST_CHARACTERS = 6, 4000
_LEANS = re.compile(
    r"\b(?:the|this|that|these|above|following|given|provided)\s+"
    r"(?:passage|text|excerpt|extract|paragraph|document|article above|section above|material)\b"
    r"|\b(?:according to|in|from) the (?:author|passage|text|excerpt)\b"
    r"|\bas (?:stated|mentioned|described) (?:above|here)\b"
    # The same in Chinese; `上述规定` may be of a rule that the question quotes itself, and `条文中` of a statute.
    r"|(?:[本该这此原上前]|[上前]述|以上|所给|给[定出]的?|提供的|下列)一?[篇份则]?(?:段落|段(?:文字|话|材料)|文章|节选|摘录|片段|短文|文段|正文)"
    r"|(?:[上前]述|以上|所给|给[定出]的?|提供的)(?:文字|文本|材料|资料)|[本上下前原]文(?![书件献])|本段(?!时间|期间)"
    r"|(?:根据|依据|依照|按照|结合)(?:作者|段落|文段|材料|短文|文章|资料)|(?<![条正原论全公判])文中|(?:段落|文段|材料|短文|文章)中"
    r"|作者(?:认为|指出|提到)|[如前上]文?所述",
    re.IGNORECASE,
)
_GIVES_AWAY = re.compile(
    r"^\s*(?:all|none|both|neither)\b.*\b(?:above|these|them|others?)\b"
    r"|^\s*(?:以上|上述|前述)(?:所有|[各几二两三四])?(?:选项|项|说法|答案|情形|情况|者|都|均|皆|全)"
    r"|^\s*(?:[都均皆全]|全部)不?(?:[是为]|[是为]?(?:对|正确|错误?|可以?|成立|符合))的?(?:选项|答案)?\W*$|^\s*[没無无]有?正确(?:答案|选项)",
    re.IGNORECASE,
)


def build_messages(pack: Pack, passage: str, title: str, form: str, count: int) -> list[Message]:
    """The messages that ask for questions of a form about a passage."""
    return pack.messages("write", passage=passage, title=title, form=FORMS[form], kind=form, count=str(count))


def parse_reply(reply: str, form: str) -> tuple[list[tuple[str, tuple[str, ...]]], str | None]:
    """Questions with their options (none unless the form has them), or why the reply cannot be read."""
    value = json_object(reply)
    items = value.get("questions") if value else None
    if not isinstance(items, list):
        return [], "the reply is not a JSON object with a list of questions"
    found = []
    for item in items:
        text = item.get("question") if isinstance(item, dict) else None
        options = item.get("options", []) if isinstance(item, dict) else None
        if not isinstance(text, str) or not isinstance(options, list) or not all(isinstance(o, str) for o in options):
            return [], "the reply has a question that is no text, or options that are none"
        choices = tuple(one_line(option) for option in options) if form == "multiple_choice" else ()
        found.append((one_line(text), choices))
    return found, None


def problem(text: str, choices: Sequence[str], form: str) -> str | None:
    """Why a question cannot be used, judged by itself; None if it can."""
    if count(text) < LEAST_WORDS:
        return "too_short"
    if len(text) > MOST_CHARACTERS:
        return "too_long"
    if any(_LEANS.search(part) for part in (text, *choices)):
        return "leans_on_passage"
    if form == "multiple_choice":
        distinct = {normalize(choice) for choice in choices}
        if len(choices) < 3 or len(distinct) < len(choices) or "" in distinct:
            return "bad_options"
        if any(_GIVES_AWAY.match(choice) for choice in choices):
            return "bad_options"
    return None


def build_check(pack: Pack, text: str, choices: Sequence[str]) -> list[Message]:
    """The messages that ask, without the passage, whether a question stands alone and has one right answer."""
    return pack.messages("stands_alone", text=text, options=lettered(choices))


def parse_check(reply: str) -> tuple[bool | None, str | None]:
    """Whether the question stands alone and is fit, or None and why the reply cannot be read."""
    value = json_object(reply)
    marks = [value.get(name) for name in ("self_contained", "one_right_answer")] if value else [None]
    if not all(type(mark) is bool for mark in marks):
        return None, "the check does not say true or false of each point"
    return all(marks), None
