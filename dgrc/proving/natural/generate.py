"""Templates to problems: drawn by seed, each text once, parted into train and held out by template and by numbers.

Whether a problem of a template that is trained on is held out is decided by a hash of its text, so that no two draws of
the same numbers stand on both sides, whatever the seed.
"""

import itertools
import random
from collections.abc import Collection, Iterator, Sequence

from dgrc.errors import ConfigError
from dgrc.proving.natural.problem import LEVELS, Problem, Template
from dgrc.proving.natural.templates import TEMPLATES
from dgrc.records import hash64

HELD_OUT_SHARE = 4
"""One in so many draws of a template that is trained on is held out by its numbers."""
TRIES = 200
"""Draws in a row of each template that bring nothing new, before the templates are called exhausted."""


def make(template: Template, rng: random.Random) -> Problem:
    """One draw of a template."""
    draft = template.draw(rng)
    id_ = f"{hash64('natural', draft.text) & (1 << 64) - 1:016x}"
    by_numbers = "numbers" if int(id_, 16) % HELD_OUT_SHARE == 0 else "train"
    return Problem(
        id_, template.domain, template.language, template.name, "templates" if template.held_out else by_numbers,
        min(len(draft.steps), LEVELS[-1]), draft.text, draft.steps[-1].answer, draft.steps,
    )  # fmt: skip


def problems(
    split: str,
    count: int,
    seed: int,
    domains: Collection[str] = ("medicine", "law"),
    languages: Collection[str] = ("en",),
    levels: Collection[int] = LEVELS,
    templates: Sequence[Template] = TEMPLATES,
) -> list[Problem]:
    """Distinct problems of a split, the templates taking turns.

    Raises:
        ConfigError: no template fits, or the fitting ones do not give so many distinct problems.
    """
    fitting = [t for t in templates if t.domain in domains and t.language in languages]
    fitting = [t for t in fitting if t.held_out == (split == "templates")]
    found: dict[str, Problem] = {}
    in_vain = 0
    for problem in _draws(fitting, seed, split):
        new = problem.split == split and problem.level in levels and problem.id not in found
        in_vain = 0 if new else in_vain + 1
        if new:
            found[problem.id] = problem
        if len(found) == count:
            return list(found.values())
        if in_vain == TRIES * len(fitting):
            break
    raise ConfigError(
        f"The natural domain has {len(found):,} distinct problems of split {split!r}, domains {sorted(domains)}, "
        f"languages {sorted(languages)} and levels {sorted(levels)}, but {count:,} were wanted. Ask for fewer, or "
        "allow more levels."
    )


def _draws(templates: Sequence[Template], seed: int, split: str) -> Iterator[Problem]:
    rngs = {template.name: random.Random(f"{seed}:{split}:{template.name}") for template in templates}
    for template in itertools.cycle(templates):
        yield make(template, rngs[template.name])
