"""Numbers of examples and settings in, the exact visits of every optimizer step out.

A visit is one pass over one example. A stage visits its examples in repeated seeded shuffles without
replacement, so that after v visits of n examples each was seen floor(v / n) or ceil(v / n) times. An
optimizer step is a number of visits (`batch_examples`), not of tokens: two recipes with equally many
visits then take equally many steps whatever the length of their examples, and baselines compare fairly. A stage with
`batch_tokens` is cut by tokens instead, for a speed of learning that does not depend on the length of examples.
"""

import itertools
import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from dgrc.config.training import StageConfig, TrainingConfig
from dgrc.errors import TrainingError

REPLAYED = "replayed"
"""The kind of the user's own examples."""


@dataclass(frozen=True, slots=True)
class Budget:
    """Visits and optimizer steps that a run must use up exactly, shared by its stages in proportion."""

    visits: int
    steps: int


@dataclass(frozen=True, slots=True)
class Stage:
    """A name, its learning-rate settings, and for each optimizer step the examples visited, by index."""

    name: str
    settings: StageConfig
    steps: tuple[tuple[int, ...], ...]

    @property
    def visits(self) -> int:
        """Examples visited, with repetition."""
        return sum(map(len, self.steps))


@dataclass(frozen=True, slots=True)
class _Draft:
    """A stage before its visits are drawn: `parts` are (kind, visits) pairs."""

    name: str
    settings: StageConfig
    parts: tuple[tuple[str, int], ...]

    @property
    def visits(self) -> int:
        return sum(visits for _, visits in self.parts)


def plan_stages(
    atoms: int,
    chains: int,
    config: TrainingConfig,
    seed: int,
    budget: Budget | None = None,
    length: Callable[[int], int] = lambda example: 1,
    replayed: int = 0,
) -> tuple[Stage, ...]:
    """The stages of a run over `atoms` atomic examples (indices from 0), `chains` chains (the indices after) and
    `replayed` examples of the user's own (the last).

    A kind without examples has no stage. In the second of two stages `replay.earlier` of the visits go to the
    first stage's examples, in every stage `replay.share` to the user's own: within `visits` if that is set, on top of
    `epochs` passes otherwise. `mixed` is one stage of both, with the chains' learning rate. A budget overrides visits,
    `batch_examples` and `batch_tokens`. `length` gives an example's tokens.

    Raises:
        TrainingError: there are no examples, or the budget has fewer visits than steps or steps than stages.
    """
    if atoms + chains == 0:
        raise TrainingError(
            "Fine-tuning got no example to train on: neither the atoms nor the chains of the curriculum hold one that "
            "fits max_length. Look at the curriculum's counts, and raise training.max_length if some were set aside."
        )
    drafts = [draft for draft in _drafts(atoms, chains, config, bool(replayed)) if draft.visits]
    if budget is None:
        visits = [draft.visits for draft in drafts]
        steps = [0 if d.settings.batch_tokens else -(-d.visits // config.batch_examples) for d in drafts]
    else:
        if not budget.visits >= budget.steps >= len(drafts):
            raise TrainingError(
                f"Fine-tuning got a budget of {budget.visits} visits in {budget.steps} steps for {len(drafts)} stages, "
                "but every stage needs a step and every step a visit. Give a larger budget."
            )
        steps = _apportion(budget.steps, [draft.visits for draft in drafts], least=1)
        visits = _apportion(budget.visits, [draft.visits for draft in drafts], least=1)
        visits = _at_least(visits, steps)
    own = atoms + chains
    ranges = {"atoms": range(atoms), "chains": range(atoms, own), REPLAYED: range(own, own + replayed)}
    return tuple(
        Stage(draft.name, draft.settings, _steps(_visits(draft, n, ranges, (seed, position)), count, draft, length))
        for position, (draft, n, count) in enumerate(zip(drafts, visits, steps, strict=True))
    )


def most_replayed(atoms: int, chains: int, config: TrainingConfig, budget: Budget | None) -> int:
    """The most of the user's own examples that such stages can visit; none if no files are named."""
    if not config.replayed.files:
        return 0
    drafts = _drafts(atoms, chains, config, True)
    if budget is not None:
        return math.ceil(budget.visits * config.replayed.share) + len(drafts)
    return sum(visits for draft in drafts for kind, visits in draft.parts if kind == REPLAYED)


def _drafts(atoms: int, chains: int, config: TrainingConfig, replays: bool) -> list[_Draft]:
    counts = {"atoms": atoms, "chains": chains}
    settings = {"atoms": config.atoms, "chains": config.chains}
    mixed = {REPLAYED: config.replayed.share} if replays else {}

    def parts(kind: str, others: dict[str, float]) -> tuple[tuple[str, int], ...]:
        """Visits of a kind, and of others by their shares of all."""
        total = settings[kind].visits
        if not total:
            total = round(settings[kind].epochs * counts[kind])
            total = round(total / (1 - sum(others.values()))) if others else total
        replayed = tuple((other, round(share * total)) for other, share in others.items())
        return ((kind, total - sum(visits for _, visits in replayed)), *replayed)

    order = {"atoms_first": ["atoms", "chains"], "chains_first": ["chains", "atoms"], "mixed": ["atoms", "chains"]}
    kinds = [kind for kind in order[config.order] if counts[kind]]
    if config.order == "mixed" and len(kinds) == 2:
        both = Counter[str]()
        for kind in kinds:
            both.update(dict(parts(kind, mixed)))
        return [_Draft("mixed", config.chains, tuple(sorted(both.items(), key=lambda part: part[0] == REPLAYED)))]
    drafts = [_Draft(kind, settings[kind], parts(kind, mixed)) for kind in kinds[:1]]
    if len(kinds) == 2:
        first, second = kinds
        drafts.append(_Draft(second, settings[second], parts(second, {first: config.replayed.earlier, **mixed})))
    return drafts


def _visits(draft: _Draft, total: int, ranges: dict[str, range], seed: tuple[int, int]) -> list[int]:
    """The stage's visits in order: each kind's share drawn from its shuffles, then shuffled together."""
    shares = _apportion(total, [visits for _, visits in draft.parts])
    # Each kind has its own stream, so that the share of one does not change the order of the other.
    drawn = [
        _shuffles(ranges[kind], share, np.random.default_rng((*seed, part)))
        for part, ((kind, _), share) in enumerate(zip(draft.parts, shares, strict=True))
        if share
    ]
    if len(drawn) == 1:
        return drawn[0]
    # Which kind comes when is shuffled; within a kind the shuffles keep their order and so their evenness.
    turns = np.repeat(np.arange(len(drawn)), [len(visits) for visits in drawn])
    np.random.default_rng((*seed, len(draft.parts))).shuffle(turns)
    streams = [iter(visits) for visits in drawn]
    return [next(streams[turn]) for turn in turns]


def _shuffles(examples: range, visits: int, rng: np.random.Generator) -> list[int]:
    drawn: list[int] = []
    while len(drawn) < visits:
        drawn += (examples.start + rng.permutation(len(examples))).tolist()
    return drawn[:visits]


def _steps(
    visits: Sequence[int], count: int, draft: _Draft, length: Callable[[int], int]
) -> tuple[tuple[int, ...], ...]:
    """Cut into `count` runs whose sizes differ by one at most, or (0) into runs of about `batch_tokens` tokens."""
    if count:
        edges = [len(visits) * step // count for step in range(count + 1)]
    else:
        ends = np.cumsum([length(visit) for visit in visits])
        count = max(1, round(ends[-1] / draft.settings.batch_tokens))
        edges = [0, *(np.searchsorted(ends, ends[-1] * np.arange(1, count) / count) + 1).tolist(), len(visits)]
    return tuple(tuple(visits[a:b]) for a, b in itertools.pairwise(edges) if a < b)


def _apportion(total: int, weights: Sequence[int], least: int = 0) -> list[int]:
    """`total` split in proportion to the weights by largest remainder, each share at least `least`."""
    whole = sum(weights)
    shares = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))
    for i in by_remainder[: total - sum(shares)]:
        shares[i] += 1
    return _at_least(shares, [least] * len(shares))


def _at_least(shares: list[int], floors: Sequence[int]) -> list[int]:
    """The shares with each raised to its floor at the cost of the one with the most to spare."""
    shares = list(shares)
    for i, floor in enumerate(floors):
        while shares[i] < floor:
            donor = max(range(len(shares)), key=lambda j: shares[j] - floors[j])
            shares[donor] -= 1
            shares[i] += 1
    return shares
