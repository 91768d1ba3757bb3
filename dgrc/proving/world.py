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
* A `Variant` changes these shares, shares errors between both models, makes the teacher wrong about single facts too,
  or words atomic questions unlike the steps of chains.

So "fallible on chains, reliable on atoms" holds by construction. The world proves that the
implementation does what the method says, end to end; it is no evidence about LLMs.
"""

import dataclasses
import json
import random
from dataclasses import dataclass
from pathlib import Path

from dgrc.config import ProvingConfig
from dgrc.errors import ConfigError, EvaluationError
from dgrc.proving.language import BARRED, NAMES, Fact, Scenario, chain_text, read_answer, read_atom, read_question

SLIP = 0.18
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

@dataclass(frozen=True)
class Variant:
    """What sets a world apart from the standard one of its seed; the fields are those of `ProvingConfig`."""

    slip: float = SLIP
    misconceptions: float = 1.0
    atomic_errors: float = 0.0
    blind_spots: float = 0.0
    covered: float = 1.0
    wording: str = "same"

    @classmethod
    def from_config(cls, config: ProvingConfig) -> "Variant":
        return cls(**{field.name: getattr(config, field.name) for field in dataclasses.fields(cls)})


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
    are the facts that the teacher gets wrong in chains, `schooled` those the student was taught; `misbelieved` are
    those that the teacher gets wrong even when asked alone, `blind_spots` misconceptions that the student shares.
    `pretraining`, `unlabeled` and `held_out` are disjoint and, in a world that is covered whole, all scenarios.
    """

    def __init__(self, seed: int = 0, size: str = "standard", variant: Variant = Variant()) -> None:
        self.seed, self.size, self.variant = seed, size, variant
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
        self._vary(keys)

    def _vary(self, keys: list[Fact]) -> None:
        """Draws what the variant asks for from a generator of its own; all else stays as in the standard world."""
        rng = random.Random(f"dgrc variant {self.seed} {self.size}")
        ranked = rng.sample(keys, len(keys))
        wrong = sorted(ranked, key=lambda fact: fact not in self.misconceptions)  # stable: more of them hold the fewer
        count = min(round(self.variant.misconceptions * len(self.misconceptions)), len(keys))
        self.misconceptions = frozenset(wrong[:count])
        self.blind_spots = frozenset(wrong[: round(self.variant.blind_spots * count)])
        self.misbelieved = frozenset(rng.sample(keys, round(self.variant.atomic_errors * len(keys))))
        self.covered = frozenset(rng.sample(self.provinces, max(1, round(self.variant.covered * len(self.provinces)))))
        self.unlabeled = [scenario for scenario in self.unlabeled if scenario.province in self.covered]

    @classmethod
    def from_config(cls, config: ProvingConfig) -> "World":
        return cls(config.seed, config.size, Variant.from_config(config))

    def ask(self, fact: Fact) -> str:
        """The atomic question about a fact, in this world's wording."""
        if self.variant.wording == "same":
            return fact.question
        return f"what {NAMES[fact.kind]} is there in {fact.province} for {fact.subject} ?"

    def is_covered(self, question: str) -> bool:
        """Whether unlabeled questions speak of the province of this whole question."""
        scenario = read_question(question)
        return scenario is not None and scenario.province in self.covered

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
                    f"`proving.{setting}` is {wanted}, but this {self.size} world has only {len(scenarios)} such "
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


def _share(rng: random.Random, facts: list[Fact], share: float) -> list[Fact]:
    return rng.sample(facts, round(share * len(facts)))
