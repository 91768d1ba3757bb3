"""What a problem of the natural domain is: a question in plain language, its answer, and every step to it.

A `Template` and a random number generator flow in; a `Problem` flows out. Each step stands as a small question of its
own with its right answer, so that single answers, whole chains and verdicts on chains can be held against the truth.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass

SPLITS = ("train", "numbers", "templates")
"""`train`; held out by its numbers (templates that were trained on); held out by its template."""
LEVELS = (1, 2, 3, 4)
"""How hard: the number of steps, where 4 is four and more."""


@dataclass(frozen=True)
class Step:
    """One step to the answer, as a question that can be answered without the problem.

    Attributes:
        kind: What is worked out: `multiply`, `divide`, `add`, `subtract`, `convert`, `look_up`, `compare`, `date` or
            `days`.
        question: Self-contained; it names its numbers, units and the rule that it applies.
        answer: With its unit, as short as it can be said: `300 mg`, `2024-03-01`.
        inputs: The quantities that go in, as the question writes them.
    """

    kind: str
    question: str
    answer: str
    inputs: tuple[str, ...]


@dataclass(frozen=True)
class Draft:
    """What a template makes of drawn numbers: the question's text, and its steps; the last one gives the answer."""

    text: str
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Template:
    """A family of problems that differ in their numbers.

    Attributes:
        name: Unique: `medicine/en/dose_by_weight`.
        domain: `medicine` or `law`.
        language: `en` or `zh`.
        held_out: Whether none of its problems is ever trained on.
        draw: Draws the numbers. It must not depend on anything but the generator.
    """

    name: str
    domain: str
    language: str
    held_out: bool
    draw: Callable[[random.Random], Draft]


@dataclass(frozen=True)
class Problem:
    """A question with its truth.

    Attributes:
        id: The same on every machine for the same text.
        split: One of `SPLITS`.
        level: One of `LEVELS`.
        answer: The last step's.
    """

    id: str
    domain: str
    language: str
    template: str
    split: str
    level: int
    text: str
    answer: str
    steps: tuple[Step, ...]
