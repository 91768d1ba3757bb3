"""A small world of Chinese law and engines that are scripted in it, who speak as the pack `legal_zh` asks them to.

Of each period the right length is known. The student is wrong on every second one; of the teacher's three chains one is
wrong on every third. Facts are answered right, and a chain is contradicted by a fact of its period with another length.
"""

import json
import re
from pathlib import Path
from typing import Any

from dgrc.engines.base import Request

PERIODS = {
    "普通诉讼时效期间": "三年", "租赁合同的最长租赁期限": "二十年", "撤销权的除斥期间": "一年",
    "继承人放弃继承的表示期限": "六十日",
    "上诉人对民事判决的上诉期间": "十五日", "申请强制执行的期间": "两年", "不动产异议登记的起诉期限": "十个工作日",
    "试用期的最长期限": "六个月",
    "行政诉讼的一般起诉期限": "五个月", "行政复议的申请期限": "九十日", "宣告失踪所需的下落不明期间": "满七年",
    "宣告死亡所需的下落不明期间": "满四年",
}  # fmt: skip
NAMES = list(PERIODS)
LENGTHS = list(PERIODS.values())
LETTERS = "ABCD"
RETOLD = "丙某与丁某为装修房屋的费用起了争执"
"""Another story about a period; what is asked of it is worded otherwise."""


def options(n: int) -> list[str]:
    """Four lengths, the right one at another place in each question."""
    others = [LENGTHS[(n + step) % len(LENGTHS)] for step in (1, 2, 3)]
    return [*others[: n % 4], LENGTHS[n], *others[n % 4 :]]


def row(n: int, told: str = "甲公司与乙公司因一份买卖合同发生纠纷", mark: str = "题") -> dict[str, Any]:
    """A question about a period: every third is open, the others are multiple choice."""
    text = f"{told}，双方对{NAMES[n]}各执一词。依照现行法律，{NAMES[n]}是多长时间？"
    asked: dict[str, Any] = {"id": f"{mark}{n}", "question": text, "answer": LETTERS[n % 4]}
    return asked if n % 3 == 2 else {**asked, "choices": options(n)}


def write_rows(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n", encoding="utf-8")
    return path


def teacher(request: Request) -> list[str]:
    """Samples, diagnoses, answers and verifies; says in Chinese what it says."""
    turn = request.messages[-1]["content"]
    n = period(turn)
    if turn.startswith("下面有一道法律问题和两份"):
        said = {"comparison": f"两份分析对{NAMES[n]}的长短说法不同。", "questions": atoms(n, RETOLD in turn)}
        return [json.dumps(said, ensure_ascii=False)]
    if "请逐步推出这个法律问题的答案" in turn:
        return [f"现行法律对{NAMES[n]}有明文规定，不得由当事人约定变更。\n<answer>{LENGTHS[n]}</answer>"] * request.n
    if "照抄这段推理自己给出的答案" in turn:
        return [json.dumps(read_off(turn), ensure_ascii=False)]
    if turn.startswith("下面有一道法律问题、若干"):  # what words cannot decide
        return [json.dumps(verdict(turn), ensure_ascii=False)]
    slip = n % 3 == 0
    return [chain(turn, n, (n + 1) % len(NAMES) if slip and i == 0 else n) for i in range(request.n)]


def student(request: Request) -> list[str]:
    """Wrong on every second period, and ends as models do: not in the tag that is asked for."""
    turn = request.messages[-1]["content"]
    n = period(turn)
    said = chain(turn, n, (n + 1) % len(NAMES) if n % 2 else n)
    return [said.replace("<answer>", "综上，答案：").replace("</answer>", "")] * request.n


def period(turn: str) -> int:
    """The period that a prompt is about: the one that its question, or the atom, names."""
    asked = re.search(r"<question>(.*?)</question>", turn, re.DOTALL)
    return next(n for n, name in enumerate(NAMES) if name in (asked.group(1) if asked else turn))


def atoms(n: int, reworded: bool) -> list[str]:
    """What is asked of a divergence, in one of two wordings; and three that must be refused."""
    asked = f"现行法律规定的{NAMES[n]}{'究竟' if reworded else ''}是多长时间？"
    echo = "期限或管辖有何要求，举证责任由谁承担，某个法律概念是什么意思？"
    return [asked, "流感的首选药物是什么？", echo, f"{NAMES[n]}的规定"]


def chain(turn: str, n: int, said: int) -> str:
    """A chain that says the length of a period, then the option that has it, or the length itself."""
    lettered = re.findall(r"^([A-D])\. (.*)$", turn, re.MULTILINE)
    answer = LENGTHS[said]
    if lettered:
        answer = next(name for name, text in lettered if text == LENGTHS[said])
    return (
        f"本案的争议焦点是{NAMES[n]}。依照现行法律规定，{NAMES[n]}是{LENGTHS[said]}，当事人不能以约定排除该规定，"
        f"因此双方应当受{LENGTHS[said]}这一期间的约束。\n<answer>{answer}</answer>"
    )


def read_off(turn: str) -> dict[str, Any]:
    """What the chain says to each question: the length of the period that it names, or nothing."""
    (reasoning,) = re.findall(r"<reasoning>\n(.*?)\n</reasoning>", turn, re.DOTALL)
    entries = []
    for number, question in re.findall(r"^(\d+)\. (.*)$", turn.partition("</reasoning>")[2], re.MULTILINE):
        said = re.search(rf"{NAMES[period(question)]}是(.+?)，", reasoning)
        entries.append({"question": int(number), "answer": said.group(1) if said else "无"})
    return {"answers": entries}


def verdict(turn: str) -> dict[str, Any]:
    """Fact by fact: of another period it is unrelated, else it is held against what the chain says."""
    (reasoning,) = re.findall(r"<reasoning>\n(.*?)\n</reasoning>", turn, re.DOTALL)
    entries = []
    for number, question, answer in re.findall(r"^命题(\d+)：(.*?) 答：(.*)$", turn, re.MULTILINE):
        name = NAMES[period(question)]
        relation = "unrelated"
        if name in reasoning:
            relation = "supports" if f"{name}是{answer}，" in reasoning else "contradicts"
        entries.append({"fact": int(number), "finding": f"分析写明{name}的长短。", "relation": relation})
    return {"facts": entries, "consistent": all(entry["relation"] != "contradicts" for entry in entries)}
