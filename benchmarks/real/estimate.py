"""Which sizes fit into a time. What the point `difficulty` measured flows in; sizes flow out.

Rough, by a half either way: what DGRC asks a question and how long a visit takes is known only once it was done.
"""

from collections.abc import Mapping
from typing import Any

from benchmarks.real.bench import RECIPES
from benchmarks.real.settings import SPLITS, Settings

START_S = 60.0
"""Ray and an engine, for each point that needs them."""
VISIT_S = 1.0
"""A visit of a student of 135M on two cores, workers' start included; seen once (docs/real.md): 240 in 228 s."""
VISITS_A_QUESTION = 6.0
ASKED_IN_CHAINS = 5.0
"""What DGRC asks about a question beside the teacher's chains, in chains: diagnoses, answers, verdicts."""


def minutes(figures: Mapping[str, Any], settings: Settings, chains: float, questions: int, held_out: int) -> float:
    """Minutes of everything that comes after the difficulty, for so many questions."""
    teacher, student = figures["teacher"], figures["student"]
    asked = (chains + ASKED_IN_CHAINS) * teacher["tokens_a_chain"] / teacher["tokens_per_second"]
    curating = questions * (2 * asked + chains * student["tokens_a_chain"] / student["tokens_per_second"])
    students = len(RECIPES) * len(settings.seeds)
    training = students * questions * VISITS_A_QUESTION * VISIT_S
    replying = held_out * len(SPLITS) * student["tokens_a_chain"] / student["tokens_per_second"]
    theirs = held_out * len(SPLITS) * teacher["tokens_a_chain"] / teacher["tokens_per_second"]
    return (curating + training + replying * (students + 1) + theirs + (students + 8) * START_S) / 60


def sizes(figures: Mapping[str, Any], settings: Settings, wanted: float) -> list[str]:
    """What the sizes as given take, and which of the same proportion take so many minutes."""
    chains = settings.config().method.teacher_chains
    now = minutes(figures, settings, chains, settings.questions, settings.held_out)
    fixed = minutes(figures, settings, chains, 0, 0)
    lines = [
        f"--questions {settings.questions} --held-out {settings.held_out} takes about {now:,.0f} minutes "
        "(a rough estimate, by a half either way)"
    ]
    if wanted <= fixed:
        return [*lines, f"{wanted:g} minutes are too few for any size: starts alone take {fixed:,.0f}. Use fewer seeds"]
    factor = (wanted - fixed) / (now - fixed)
    questions, held_out = (max(1, int(n * factor)) for n in (settings.questions, settings.held_out))
    return [*lines, f"about {wanted:,.0f} minutes: --questions {questions} --held-out {held_out} (in a new --out)"]
