"""A fictional legal code with known truth: its facts, its questions, and the scoring against it.

A seed and a size go in; a `World` comes out: tables of facts, scenarios split into pretraining,
unlabeled and held-out ones, question files, and predicates that hold a reply against the truth.
Only evaluation may use those predicates: nothing in curation or training reads the tables.

A question names a party, a province, a claim and the years passed, and asks for the appeal body.
The answer takes two look-ups (the claim's limit, the party's grace), a sum and a comparison, after
which the suit is `barred` or two chained look-ups follow (the claim's court, that court's appeal).
Each look-up is also an atomic question.

Built in by hand, so say so wherever results are shown:

* Inside chains the teacher of this world always takes a fixed wrong value for some facts, its
  *misconceptions* (10 % of limits and graces, 12 % of courts and appeals), and any other fact
  *slips* to one fixed confusable value with probability `SLIP`. Asked one by one, it is taught the
  truth about every fact.
* The student's schooling is true for half of the facts and random for the others.

So "fallible on chains, reliable on atoms" holds by construction. The world proves that the
implementation does what the method says, end to end; it is no evidence about LLMs.
"""

import json
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from dgrc.config import ProvingConfig
from dgrc.errors import ConfigError, EvaluationError

SLIP = 0.18
BARRED = "barred"
KINDS = ("limit", "grace", "court", "appeal")
MISCONCEIVED = {"limit": 0.10, "grace": 0.10, "court": 0.12, "appeal": 0.12}
YEARS = range(1, 10)
LIMITS = tuple(str(n) for n in range(2, 8))
GRACES = tuple(str(n) for n in range(0, 5))

PROVINCES = ("garth", "corvin", "dunmoor", "eskle", "farrow", "halden", "ister", "lorne")
CLAIMS = ("breach", "fraud", "trespass", "libel", "nuisance", "salvage", "tithe", "eviction", "theft", "dowry")
PARTIES = ("widow", "scholar", "miller", "sailor", "ward", "farmer", "smith", "herald")
COURTS = ("crown", "manor", "guild", "harbor", "chancel", "market")
BODIES = ("senate", "council", "synod", "regent", "tribunal", "moot")

_QUESTION = re.compile(r"a (\w+) in (\w+) sues for (\w+) after (\d+) years \. which appeal body \?")
_ATOM = re.compile(r"in (\w+) what is the (limit|grace|court|appeal) of (\w+) \?")
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


@dataclass(frozen=True)
class Size:
    """How many of each thing a world has, and how its scenarios are split."""

    provinces: int
    claims: int
    parties: int
    courts: int
    unlabeled: int
    held_out: int


SIZES = {
    "standard": Size(provinces=8, claims=10, parties=8, courts=6, unlabeled=2000, held_out=600),
    "small": Size(provinces=4, claims=5, parties=4, courts=4, unlabeled=300, held_out=120),
}


class World:
    """The legal code of one seed and size, the same on every machine.

    `facts` maps every fact to its value, `confusable` to its one fixed wrong value; `misconceptions`
    are the facts that the teacher gets wrong in chains, `schooled` those the student was taught.
    `pretraining`, `unlabeled` and `held_out` are disjoint and together all scenarios.
    """

    def __init__(self, seed: int = 0, size: str = "standard") -> None:
        self.seed, self.size = seed, size
        counts = SIZES[size]
        self.provinces, self.claims = PROVINCES[: counts.provinces], CLAIMS[: counts.claims]
        self.parties, self.courts = PARTIES[: counts.parties], COURTS[: counts.courts]
        self.bodies = BODIES[: counts.courts]
        # A string seeds Random by its SHA-512, so the draw is the same in every process.
        rng = random.Random(f"dgrc world {seed} {size}")
        subjects = {"limit": self.claims, "grace": self.parties, "court": self.claims, "appeal": self.courts}
        keys = [Fact(kind, subject, p) for kind in KINDS for p in self.provinces for subject in subjects[kind]]
        self.facts = {fact: rng.choice(self.values(fact)) for fact in keys}
        self.confusable = {
            fact: rng.choice([v for v in self.values(fact) if v != truth]) for fact, truth in self.facts.items()
        }
        self.misconceptions: frozenset[Fact] = frozenset(
            fact
            for kind, share in MISCONCEIVED.items()
            for fact in _share(rng, [f for f in keys if f.kind == kind], share)
        )
        self.schooled = frozenset(rng.sample(keys, len(keys) // 2))
        scenarios = [
            Scenario(party, province, claim, years)
            for party in self.parties
            for province in self.provinces
            for claim in self.claims
            for years in YEARS
        ]
        rng.shuffle(scenarios)
        held, split = counts.held_out, counts.held_out + counts.unlabeled
        self.held_out, self.unlabeled, self.pretraining = scenarios[:held], scenarios[held:split], scenarios[split:]

    @classmethod
    def from_config(cls, config: ProvingConfig) -> "World":
        return cls(config.seed, config.size)

    def values(self, fact: Fact) -> tuple[str, ...]:
        """All values a fact of this kind can have."""
        return {"limit": LIMITS, "grace": GRACES, "court": self.courts, "appeal": self.bodies}[fact.kind]

    def truth(self, fact: Fact) -> str:
        return self.facts[fact]

    def words(self) -> list[str]:
        """The names and numbers of this world, in a fixed order."""
        numbers = [str(n) for n in range(int(LIMITS[-1]) + int(GRACES[-1]) + 1)]
        return [*self.provinces, *self.claims, *self.parties, *self.courts, *self.bodies, BARRED, *numbers]

    def write_questions(self, config: ProvingConfig, folder: str | Path) -> tuple[Path, Path]:
        """Writes `unlabeled.jsonl` and `held_out.jsonl` (`id`, `question`, `answer`) and returns both paths.

        The `answer` of an unlabeled question is for evaluation alone; curation is not given it.

        Raises:
            ConfigError: more questions are asked for than this world has set apart.
        """
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        paths = []
        for name, scenarios, wanted in (
            ("unlabeled", self.unlabeled, config.questions),
            ("held_out", self.held_out, config.held_out),
        ):
            if wanted > len(scenarios):
                setting = "questions" if name == "unlabeled" else "held_out"
                raise ConfigError(
                    f"`proving.{setting}` is {wanted}, but the {self.size} world has only {len(scenarios)} such "
                    f"questions. Set `proving.{setting}` to {len(scenarios)} or less, or `proving.size` to standard."
                )
            rows = [
                {"id": f"{name}-{n:04d}", "question": s.question, "answer": self.solve(s.question)}
                for n, s in enumerate(scenarios[:wanted])
            ]
            path = folder / f"{name}.jsonl"
            path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
            paths.append(path)
        return paths[0], paths[1]

    def solve(self, question: str) -> str:
        """The right answer to a whole question: an appeal body or `barred`."""
        return read_answer(self.true_chain(question)) or ""

    def true_chain(self, question: str) -> str:
        """The one chain that is right in every step.

        Raises:
            EvaluationError: the text is no question of this world.
        """
        scenario = read_question(question)
        if scenario is None or Fact("limit", scenario.claim, scenario.province) not in self.facts:
            raise EvaluationError(
                f"{question!r} is not a question of the {self.size} proving world, whose questions read like "
                f"{self.held_out[0].question!r}. Score proving runs against the world they were made in."
            )
        return chain_text(scenario, self.truth)

    def chain_fully_right(self, question: str, chain: str) -> bool:
        """Whether every step of the chain, and its answer, is right."""
        return " ".join(chain.split()) == self.true_chain(question)

    def is_answer_right(self, question: str, answer: str | None) -> bool:
        """Whether `answer` (already parsed) answers the whole question."""
        return answer is not None and answer.strip() == self.solve(question)

    def is_atom_right(self, question: str, answer: str | None) -> bool:
        """Whether `answer` (already parsed) is the value of the fact asked for; False for no fact of this world."""
        fact = read_atom(question)
        return fact is not None and answer is not None and self.facts.get(fact) == answer.strip()

    def is_misconception(self, question: str) -> bool:
        """Whether the atomic question asks for a fact that the teacher always gets wrong in chains."""
        return read_atom(question) in self.misconceptions


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
    match = _ATOM.fullmatch(text.strip())
    return Fact(match[2], match[3], match[1]) if match else None


def read_steps(chain: str) -> dict[Fact, str]:
    """The look-ups that a chain states, in its order."""
    return {Fact(m[2], m[1], m[3]): m[4] for m in _STEP.finditer(chain)}


def read_answer(reply: str) -> str | None:
    match = re.search(r"<answer>\s*(.*?)\s*</answer>", reply)
    return match[1] if match else None


def _share(rng: random.Random, facts: list[Fact], share: float) -> list[Fact]:
    return rng.sample(facts, round(share * len(facts)))
