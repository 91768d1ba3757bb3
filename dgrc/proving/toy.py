"""Two toy models that add numbers, as scripted engines: a whole curation in seconds, without weights, for examples.

A request flows in, replies in the form of the `general` pack flow out. Questions read `What is 12 + 30 + 7?`. Both
models add step by step. The teacher slips in the first of its chains where the first number is a multiple of three,
the student always where it is odd. Asked for one sum of two numbers at a time, the teacher is right, which is the
premise of the method.
"""

import json
import re

from dgrc.engines.base import Request

_SUM = re.compile(r"\d+(?: \+ \d+)+")
_STEP = re.compile(r"(\d+ \+ \d+) = (\d+)")
_ASKED = re.compile(r"(\d+)\. What is (\d+ \+ \d+)\?")
_FACT = re.compile(r"Fact (\d+)\. What is (\d+ \+ \d+)\? - (\d+)")


def teacher(request: Request) -> list[str]:
    """Samples, diagnoses, answers and verifies."""
    content = request.messages[-1]["content"]
    if "<reasoning_1>" in content:
        return [_diagnose(content)] * request.n
    if "<facts>" in content:
        return [_verify(content)] * request.n
    if "<reasoning>" in content:
        return [_extract(content)] * request.n
    terms = _terms(content)
    if request.messages[0]["role"] == "system":  # the answer to an atom: chains are asked for without
        said = f"I add {terms[1]} to {terms[0]}.\n<answer>{sum(terms)}</answer>"
        return [said] * request.n
    return [_chain(terms, slips=index == 0 and terms[0] % 3 == 0) for index in range(request.n)]


def student(request: Request) -> list[str]:
    """Samples."""
    terms = _terms(request.messages[-1]["content"])
    return [_chain(terms, slips=terms[0] % 2 == 1)] * request.n


def _terms(content: str) -> list[int]:
    found = _SUM.search(content)
    if found is None:
        raise ValueError("the toy models know questions such as `What is 12 + 30 + 7?` alone")
    return [int(term) for term in found.group().split(" + ")]


def _chain(terms: list[int], slips: bool) -> str:
    """Adds from the left; one that slips is off by ten in its first step and right in all others."""
    lines, total = [], terms[0]
    for number, term in enumerate(terms[1:]):
        right = total + term
        said = right + 10 if slips and number == 0 else right
        lines.append(f"{total} + {term} = {said}")
        total = said
    return "\n".join([*lines, f"<answer>{total}</answer>"])


def _diagnose(content: str) -> str:
    """Asks for the first sum that the two lines of reasoning give differently."""
    first, second = (
        _STEP.findall(content.partition(f"<reasoning_{number}>")[2].partition(f"</reasoning_{number}>")[0])
        for number in (1, 2)
    )
    asked = next(one[0] for one, other in zip(first, second, strict=True) if one != other)
    return json.dumps({"comparison": f"They part at {asked}.", "questions": [f"What is {asked}?"]})


def _extract(content: str) -> str:
    """Reads off what a chain says to each question after it."""
    chain, _, asked = content.partition("<reasoning>")[2].partition("</reasoning>")
    steps = dict(_STEP.findall(chain))
    entries = [{"question": int(n), "answer": steps.get(sum_, "none")} for n, sum_ in _ASKED.findall(asked)]
    return json.dumps({"answers": entries})


def _verify(content: str) -> str:
    """Holds every fact against the step with the same sum, if there is one."""
    steps = dict(_STEP.findall(content.partition("<reasoning>")[2]))
    clauses = []
    for number, asked, answer in _FACT.findall(content):
        said = steps.get(asked)
        relation = "unrelated" if said is None else "supports" if said == answer else "contradicts"
        clauses.append({"fact": int(number), "finding": f"{asked} = {said}", "relation": relation})
    consistent = all(clause["relation"] != "contradicts" for clause in clauses)
    return json.dumps({"facts": clauses, "consistent": consistent})
