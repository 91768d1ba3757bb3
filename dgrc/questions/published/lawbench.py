"""LawBench's choice tasks as given out: `instruction`, `question`, `answer`.

Options stand in the question as `A:...;B:...` (1-2, 2-8, 3-6), or the instruction lists the labels to choose from (2-2,
2-3, 2-4, 2-9). What the instruction says of the form of the reply is left out: ours is another. Tasks that are answered
freely have no options and are refused.
"""

import re

from dgrc.method.reading.options import letter
from dgrc.questions.options import Pair, Unusable, missing
from dgrc.questions.published.row import Read, Row, Rows, each, question

_MARK = re.compile(r"(?<![A-Za-z0-9])([A-H])\s{0,4}[:：]")
_LISTED = re.compile(r"(?:事件|标签|类别)\s*包括\s*[:：]\s*([^。]{1,1000})。")
_EXAMPLE = re.compile(r"下面是一个例子.*", re.DOTALL)
_FORMAT = re.compile(
    r"(?:[，,]\s?并)?(?:将答案)?写在\[[^\]]{0,40}\]\s?[和与]\s?<eoa>之间"
    r"|[，,。]?(?:例)?如\[[^\]]{0,40}\][^<\n]{0,200}<eoa>"
    r"|请你?严格按照这个格式回答。?"
    r"|[，,]?用分号隔开"
    r"|[，,]?例如“[^”\n]{0,200}”"
)
"""What is said of the reply: between which marks it is to stand, and examples."""
_LEAD = re.compile(r"^\s*(?:\[[^\]\n]*\]|[\u4e00-\u9fff]{2,8}\s*[:：])\s*")
_ONE = re.compile(r"[只仅](?:包含|属于)?\s*一个")
"""By which an instruction that lists labels says that one of them is right."""
_COMMAS = re.compile(r"[，,、;；]")
_ENDS = " \t\r\n;；。."


def read(rows: Rows, path: str) -> Read:
    """The questions of a file's rows, with their labels."""
    yield from each(rows, _one)


def _one(row: Row) -> Row:
    instruction, asked = _EXAMPLE.sub("", str(row["instruction"])), row["question"]
    if not isinstance(asked, str) or not asked.strip():
        raise Unusable("it has no question")
    listed = _LISTED.search(instruction)
    said = _FORMAT.sub("", instruction).strip()
    answer = _answer(row.get("answer"))
    if listed is None:
        stem, options = _marked(asked)
        return question(f"{_told(said)}\n{stem}", options, answer or None, row.get("id"))
    labels = [label.strip(_ENDS) for label in _COMMAS.split(listed[1]) if label.strip(_ENDS)]
    several = _ONE.search(instruction) is None
    made = question(f"{_told(_LISTED.sub('', said))}\n{asked.strip()}", labels, None, row.get("id"), several)
    return made | _label(answer, labels, several)


def _told(instruction: str) -> str:
    """An instruction whose parts were taken out."""
    return re.sub(r"[，,。]{0,4}\s?。", "。", instruction).strip().rstrip("，,")


def _marked(text: str) -> tuple[str, list[Pair]]:
    """A question whose options stand in its text: what is before them, and each by its letter."""
    marks = list(_MARK.finditer(text))
    starts = [at for at, mark in enumerate(marks) if mark[1] == "A"]
    found = marks[starts[-1] : starts[-1] + 1] if starts else []
    for mark in marks[starts[-1] + 1 :] if starts else []:
        if ord(mark[1]) == ord(found[-1][1]) + 1:
            found.append(mark)
    if len(found) < 2:
        raise Unusable(
            "it has no options: its text has no `A:...;B:...`, its instruction no list of labels. The form reads "
            "choice tasks; for the others name the columns in `fields`"
        )
    ends = [mark.start() for mark in found[1:]] + [len(text)]
    options: list[Pair] = [
        (mark[1], text[mark.end() : end].strip(_ENDS)) for mark, end in zip(found, ends, strict=True)
    ]
    return text[: found[0].start()].strip(), options


def _answer(answer: object) -> str:
    """An answer without what stands around it: `正确答案：B。`, `[正确答案]B<eoa>`, `类别:...。`."""
    return _LEAD.sub("", _LEAD.sub("", ("" if missing(answer) else str(answer)).replace("<eoa>", ""))).strip(_ENDS)


def _label(answer: str, labels: list[str], several: bool) -> Row:
    """The label that an answer of listed labels is."""
    names = [name.strip(_ENDS) for name in (_COMMAS.split(answer) if several else [answer]) if name.strip(_ENDS)]
    if unknown := [name for name in names if name not in labels]:
        return {"unlabeled": f"its answer {unknown[0][:80]!r} is none of the labels in its instruction"}
    letters = sorted(letter(labels.index(name)) for name in names)
    return {"label": "".join(letters)} if letters else {}
