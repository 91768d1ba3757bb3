"""What is said in the proving world: facts, whole questions, atomic questions and chains as text, and back again."""

import re
from collections.abc import Callable
from typing import NamedTuple

BARRED = "barred"
NAMES = {"limit": "deadline", "grace": "extension", "court": "venue", "appeal": "review"}
"""What the kinds are called in the other wording of atomic questions."""

_QUESTION = re.compile(r"a (\w+) in (\w+) sues for (\w+) after (\d+) years \. which appeal body \?")
_ATOM = re.compile(r"in (\w+) what is the (limit|grace|court|appeal) of (\w+) \?")
_OTHER_ATOM = re.compile(r"what (deadline|extension|venue|review) is there in (\w+) for (\w+) \?")
_STEP = re.compile(r"(\w+) (limit|grace|court|appeal) in (\w+) is (\w+) \.")


class Fact(NamedTuple):
    """What a look-up is about: `Fact("limit", "breach", "garth")`.

    The question names its subject last, beside the answer that follows it in a list of facts: tiny models
    copy over short distances best. Sorted by text, the questions of one province lie in order of kind.
    """

    kind: str
    subject: str
    province: str

    @property
    def question(self) -> str:
        return f"in {self.province} what is the {self.kind} of {self.subject} ?"


Belief = Callable[[Fact], str]


class Scenario(NamedTuple):
    """One whole question: who sues where, for what, after how many years."""

    party: str
    province: str
    claim: str
    years: int

    @property
    def question(self) -> str:
        return f"a {self.party} in {self.province} sues for {self.claim} after {self.years} years . which appeal body ?"


def chain_text(scenario: Scenario, belief: Belief) -> str:
    """The chain that someone who believes `belief` writes."""
    claim, province = scenario.claim, scenario.province
    limit = belief(Fact("limit", claim, province))
    grace = belief(Fact("grace", scenario.party, province))
    end = int(limit) + int(grace)
    steps = [
        f"{claim} limit in {province} is {limit}",
        f"{scenario.party} grace in {province} is {grace}",
        f"{limit} plus {grace} is {end}",
        f"{scenario.years} is {'within' if scenario.years <= end else 'beyond'} {end}",
    ]
    answer = BARRED
    if scenario.years <= end:
        court = belief(Fact("court", claim, province))
        answer = belief(Fact("appeal", court, province))
        steps += [f"{claim} court in {province} is {court}", f"{court} appeal in {province} is {answer}"]
    return f"<think> {' . '.join(steps)} . </think> <answer> {answer} </answer>"


def read_question(text: str) -> Scenario | None:
    match = _QUESTION.fullmatch(text.strip())
    return Scenario(match[1], match[2], match[3], int(match[4])) if match else None


def read_atom(text: str) -> Fact | None:
    """The fact that an atomic question asks for, in either wording."""
    if match := _ATOM.fullmatch(text.strip()):
        return Fact(match[2], match[3], match[1])
    if match := _OTHER_ATOM.fullmatch(text.strip()):
        return Fact(next(kind for kind, name in NAMES.items() if name == match[1]), match[3], match[2])
    return None


def read_steps(chain: str) -> dict[Fact, str]:
    """The look-ups that a chain states, in its order."""
    return {Fact(m[2], m[1], m[3]): m[4] for m in _STEP.finditer(chain)}


def read_answer(reply: str) -> str | None:
    match = re.search(r"<answer>\s*(.*?)\s*</answer>", reply)
    return match[1] if match else None
