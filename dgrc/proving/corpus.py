"""What the tiny models are trained on: prompts as the `proving` prompt pack writes them, and replies.

A world, a role and a random generator go in; an `Example` (user turn, assistant turn) comes out. The
prompts must equal what the method renders later, which a test checks against the pack's templates.

The replies to diagnose and verify copy both values before they judge, and ask right after `differ :`;
tiny models learn that, and not much less. In these two roles values are random half of the time, so
that the model has to read its context instead of recalling the code.
"""

import random
from collections.abc import Callable, Sequence
from typing import NamedTuple

from dgrc.proving.language import NAMES, Belief, Fact, Scenario, chain_text, read_steps
from dgrc.proving.world import MISCONCEIVED, SLIP, World

Message = dict[str, str]


class Example(NamedTuple):
    """One training example: the user's turn and the assistant's."""

    prompt: str
    reply: str

    @property
    def messages(self) -> list[Message]:
        return [{"role": "user", "content": self.prompt}]


GRAMMAR = (
    "<think> </think> <answer> </answer> a in of sues for after years . which appeal body ? what is the limit grace "
    "court plus within beyond compare first : second check facts chain same differ none done unused verdict "
    "consistent inconsistent"
).split()


def vocabulary(world: World) -> list[str]:
    """Every word that an example of this world can hold, each once, in a fixed order."""
    other = [*NAMES.values(), "there", ":"] if world.variant.wording == "other" else []
    return list(dict.fromkeys([*GRAMMAR, *world.words(), *other]))


def diagnose_prompt(question: str, first: str, second: str) -> str:
    return f"compare . {question} first : {first} second : {second}"


def verify_prompt(question: str, facts: Sequence[tuple[str, str]], chain: str) -> str:
    """`facts` are (atomic question, answer), sorted by question as the method sorts them."""
    listed = "".join(f"{asked} {answer} . " for asked, answer in facts)
    return f"check . {question} facts : {listed}chain : {chain}"


def diagnose_reply(first: str, second: str, ask: Callable[[Fact], str] = lambda fact: fact.question) -> str:
    """Look-up by look-up, in a fixed order: what each chain says, and a question where they part."""
    one, two = read_steps(first), read_steps(second)
    # The first chain's order holds for both: limit, grace, court, appeal; a second court's appeal comes last.
    order = ("limit", "grace", "court", "appeal")
    clauses = []
    for fact in sorted({**one, **two}, key=lambda f: (order.index(f.kind), f not in one)):
        values = one.get(fact, "none"), two.get(fact, "none")
        verdict = "same ." if values[0] == values[1] else f"differ : {ask(fact)}"
        clauses.append(f"{fact.subject} {fact.kind} {values[0]} {values[1]} {verdict}")
    return " ".join([*clauses, "done"])


def verify_reply(facts: Sequence[tuple[Fact, str]], chain: str) -> str:
    """Fact by fact: whom it is about and whom the chain's step of that kind is about; the two values; a verdict.

    A chain has one step of a kind at most. Each comparison stands alone, of two neighbouring words: tiny
    models do not learn to see at once that the court is the same and its appeal is not.
    """
    steps = {fact.kind: (fact.subject, value) for fact, value in read_steps(chain).items()}
    clauses, verdict = [], "consistent"
    for fact, value in facts:
        subject, said = steps.get(fact.kind, ("none", "none"))
        clause = f"{fact.kind} {fact.subject} {subject} "
        if subject != fact.subject:
            clause += "unused"
        elif said == value:
            clause += f"{value} {said} same"
        else:
            clause += f"{value} {said} differ"
            verdict = "inconsistent"
        clauses.append(clause)
    return " . ".join([*clauses, f"verdict {verdict}"])


def solve(scenario: Scenario, belief: Belief) -> Example:
    return Example(scenario.question, chain_text(scenario, belief))


def answer(world: World, fact: Fact, belief: Belief) -> Example:
    value = belief(fact)
    think = f"{fact.subject} {fact.kind} in {fact.province} is {value} ."
    if world.variant.wording == "other":
        think = f"{NAMES[fact.kind]} for {fact.subject} in {fact.province} : {value} ."
    return Example(world.ask(fact), f"<think> {think} </think> <answer> {value} </answer>")


def diagnose(world: World, rng: random.Random) -> Example:
    """Two chains on one question; the second shares about half of the first one's values."""
    scenario = rng.choice(world.pretraining)
    believed = _remembered(_context_belief(world, rng))
    other = _remembered(_context_belief(world, rng))
    kept = _remembered(lambda fact: believed(fact) if rng.random() < 0.5 else other(fact))
    chains = [chain_text(scenario, believed), chain_text(scenario, kept)]
    rng.shuffle(chains)
    first, second = chains
    return Example(diagnose_prompt(scenario.question, first, second), diagnose_reply(first, second, world.ask))


def verify(world: World, rng: random.Random) -> Example:
    """A chain against any subset of the facts its question can raise, used by it or not."""
    scenario = rng.choice(world.pretraining)
    chain = chain_text(scenario, _context_belief(world, rng))
    steps = read_steps(chain)
    province = scenario.province
    # Lists, not sets: the order in which a set is walked differs between processes, and with it every later draw.
    possible = dict.fromkeys(
        (
            Fact("limit", scenario.claim, province),
            Fact("grace", scenario.party, province),
            Fact("court", scenario.claim, province),
            *steps,
        )
    )
    share = rng.random()
    asked = [fact for fact in possible if rng.random() < share]
    asked += [Fact("appeal", court, province) for court in world.courts if rng.random() < 0.15]
    agreeing = rng.choice((1.0, 0.5, 0.0))
    facts = []
    for fact in sorted(set(asked), key=world.ask):
        agrees = fact in steps and rng.random() < agreeing
        facts.append((fact, steps[fact] if agrees else rng.choice(world.values(fact))))
    prompt = verify_prompt(scenario.question, [(world.ask(fact), value) for fact, value in facts], chain)
    return Example(prompt, verify_reply(facts, chain))


def teacher_belief(world: World, rng: random.Random) -> Belief:
    """What the teacher writes inside chains: its misconceptions, and slips."""

    def belief(fact: Fact) -> str:
        wrong = fact in world.misconceptions or rng.random() < world.variant.slip
        return world.confusable[fact] if wrong or fact in world.misbelieved else world.truth(fact)

    return belief


def teacher_alone(world: World) -> Belief:
    """What the teacher says of a single fact: the truth, unless the variant makes it wrong here too."""
    return lambda fact: world.confusable[fact] if fact in world.misbelieved else world.truth(fact)


def student_belief(world: World, rng: random.Random) -> Belief:
    """The student's schooling: the truth about half of the facts, anything about the others, and shared errors."""

    def belief(fact: Fact) -> str:
        if fact in world.blind_spots:
            return world.confusable[fact]
        return world.truth(fact) if fact in world.schooled else rng.choice(world.values(fact))

    return belief


def auditor_errors(world: World) -> dict[Fact, str]:
    """The third model's own misconceptions: drawn apart from the teacher's, the wrong values too."""
    rng = random.Random(f"dgrc auditor {world.seed} {world.size}")
    facts: list[Fact] = []
    for kind, share in MISCONCEIVED.items():
        of_kind = [fact for fact in world.facts if fact.kind == kind]
        facts += rng.sample(of_kind, round(share * len(of_kind)))
    return {fact: rng.choice([v for v in world.values(fact) if v != world.truth(fact)]) for fact in facts}


def auditor_belief(world: World, rng: random.Random) -> Belief:
    """What the third model writes inside chains: errors of its own, and slips to any value."""
    errors = auditor_errors(world)

    def belief(fact: Fact) -> str:
        slipped = rng.random() < SLIP
        return errors.get(fact) or (rng.choice(world.values(fact)) if slipped else world.truth(fact))

    return belief


def batch(world: World, model: str, counts: dict[str, int], rng: random.Random) -> list[list[Example]]:
    """One training batch of `model` (`teacher`, `student` or `auditor`): a list of examples for each role."""
    in_chains = {"teacher": teacher_belief, "student": student_belief, "auditor": auditor_belief}[model](world, rng)
    alone = {"teacher": teacher_alone(world), "student": in_chains, "auditor": world.truth}[model]
    facts = list(world.facts)
    make: dict[str, Callable[[], Example]] = {
        "solve": lambda: solve(rng.choice(world.pretraining), in_chains),
        "answer": lambda: answer(world, rng.choice(facts), alone),
        "diagnose": lambda: diagnose(world, rng),
        "verify": lambda: verify(world, rng),
    }
    return [[make[role]() for _ in range(count)] for role, count in counts.items()]


def _context_belief(world: World, rng: random.Random) -> Belief:
    """Random values half of the time, else a teacher's or student's."""
    if rng.random() < 0.5:
        return lambda fact: rng.choice(world.values(fact))
    return rng.choice((teacher_belief, student_belief))(world, rng)


def _remembered(belief: Belief) -> Belief:
    """The same belief, but drawn once a fact."""
    known: dict[Fact, str] = {}

    def remembered(fact: Fact) -> str:
        if fact not in known:
            known[fact] = belief(fact)
        return known[fact]

    return remembered
