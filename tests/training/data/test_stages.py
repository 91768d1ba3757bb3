from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dgrc.config import StageConfig, TrainingConfig
from dgrc.config.training import ReplayConfig
from dgrc.errors import ConfigError, TrainingError
from dgrc.training.data.stages import Budget, Stage, most_replayed, plan_stages


def config(atoms: int = 0, chains: int = 0, **settings: Any) -> TrainingConfig:
    return TrainingConfig(
        atoms=StageConfig(visits=atoms, learning_rate=1e-3),
        chains=StageConfig(visits=chains, learning_rate=2e-3),
        **{"batch_examples": 8, **settings},
    )


def flat(stage: Stage) -> list[int]:
    return [visit for step in stage.steps for visit in step]


def test_second_stage_replays_the_first() -> None:
    atoms, chains = plan_stages(10, 30, config(40, 100, replay=0.2), seed=0)
    assert (atoms.name, chains.name) == ("atoms", "chains")
    assert Counter(flat(atoms)) == dict.fromkeys(range(10), 4)
    counts = Counter("atom" if visit < 10 else "chain" for visit in flat(chains))
    assert counts == {"atom": 20, "chain": 80}
    # Spread over the stage, not at one end of it.
    assert all(any(visit < 10 for visit in flat(chains)[start : start + 50]) for start in (0, 50))


def test_chains_first_swaps_the_stages_and_what_is_replayed() -> None:
    chains, atoms = plan_stages(10, 30, config(100, 60, order="chains_first", replay=0.1), seed=0)
    assert (chains.name, atoms.name) == ("chains", "atoms")
    assert set(flat(chains)) == set(range(10, 40))
    assert sum(visit >= 10 for visit in flat(atoms)) == 10 and len(flat(atoms)) == 100


def test_mixed_is_one_stage_of_both() -> None:
    (stage,) = plan_stages(10, 30, config(20, 60, order="mixed"), seed=0)
    assert Counter(flat(stage)) == dict.fromkeys(range(40), 2)
    assert stage.settings.learning_rate == 2e-3
    assert 0 < sum(visit < 10 for visit in flat(stage)[:40]) < 20


def test_epochs_are_whole_passes_with_replay_on_top() -> None:
    settings = TrainingConfig(atoms=StageConfig(epochs=3), chains=StageConfig(epochs=2), replay=0.25)
    atoms, chains = plan_stages(10, 30, settings, seed=0)
    assert len(flat(atoms)) == 30
    assert Counter(v for v in flat(chains) if v >= 10) == dict.fromkeys(range(10, 40), 2)
    assert sum(v < 10 for v in flat(chains)) == 20


@pytest.mark.parametrize("order", ["atoms_first", "chains_first", "mixed"])
def test_one_kind_alone_is_one_stage_without_replay(order: str) -> None:
    (stage,) = plan_stages(0, 7, config(50, 21, order=order), seed=0)
    assert Counter(flat(stage)) == dict.fromkeys(range(7), 3) and stage.name == "chains"
    (stage,) = plan_stages(5, 0, config(50, 21, order=order), seed=0)
    assert Counter(flat(stage)) == dict.fromkeys(range(5), 10)


@given(st.integers(1, 20), st.integers(1, 200), st.integers(0, 5))
def test_visits_are_even(examples: int, visits: int, seed: int) -> None:
    (stage,) = plan_stages(examples, 0, config(visits), seed)
    counts = Counter(flat(stage))
    assert sum(counts.values()) == visits
    assert set(counts.values()) <= {visits // examples, -(-visits // examples)}


@given(st.integers(0, 30), st.integers(1, 30), st.integers(1, 300), st.integers(1, 300), st.integers(1, 40))
def test_steps_are_evenly_filled(atoms: int, chains: int, a: int, c: int, batch: int) -> None:
    for stage in plan_stages(atoms, chains, config(a, c, batch_examples=batch), seed=1):
        sizes = {len(step) for step in stage.steps}
        assert len(stage.steps) == -(-stage.visits // batch)
        assert max(sizes) - min(sizes) <= 1 and min(sizes) > 0 and max(sizes) <= batch


def test_same_seed_same_plan_other_seed_other_plan() -> None:
    settings = config(40, 100)
    assert plan_stages(10, 30, settings, seed=3) == plan_stages(10, 30, settings, seed=3)
    assert flat(plan_stages(10, 30, settings, seed=3)[1]) != flat(plan_stages(10, 30, settings, seed=4)[1])


@given(st.integers(0, 50), st.integers(1, 50), st.integers(2, 20), st.integers(0, 100))
def test_recipes_of_one_budget_take_equal_visits_and_steps(atoms: int, chains: int, steps: int, more: int) -> None:
    budget = Budget(steps + more, steps)
    for order in ("atoms_first", "chains_first", "mixed"):
        stages = plan_stages(atoms, chains, config(1500, 3000, order=order), seed=0, budget=budget)
        assert sum(stage.visits for stage in stages) == budget.visits
        assert sum(len(stage.steps) for stage in stages) == budget.steps
        assert all(step for stage in stages for step in stage.steps)


def test_budget_keeps_the_proportions() -> None:
    atoms, chains = plan_stages(10, 30, config(1000, 3000), seed=0, budget=Budget(400, 20))
    assert (atoms.visits, chains.visits, len(atoms.steps), len(chains.steps)) == (100, 300, 5, 15)


def test_nothing_to_train_on_is_an_error() -> None:
    with pytest.raises(TrainingError, match="no example"):
        plan_stages(0, 0, config(), seed=0)


def test_a_budget_too_small_is_an_error() -> None:
    with pytest.raises(TrainingError, match="2 steps"):
        plan_stages(3, 3, config(), seed=0, budget=Budget(1, 2))


token_counts = st.lists(st.integers(1, 200), min_size=3, max_size=40)


@given(token_counts, st.integers(1, 4), st.integers(50, 2000), st.integers(0, 3))
def test_steps_cut_by_tokens_are_about_so_large(sizes: list[int], passes: int, tokens: int, seed: int) -> None:
    by_tokens = TrainingConfig(chains=StageConfig(visits=passes * len(sizes), batch_tokens=tokens))
    (stage,) = plan_stages(0, len(sizes), by_tokens, seed, length=sizes.__getitem__)
    (by_visits,) = plan_stages(0, len(sizes), TrainingConfig(chains=StageConfig(visits=stage.visits)), seed)
    assert flat(stage) == flat(by_visits), "the same visits in the same order, cut otherwise"
    of_steps = [sum(sizes[v] for v in step) for step in stage.steps]
    share = sum(of_steps) / max(1, round(sum(of_steps) / tokens))
    assert all(abs(of_step - share) <= 2 * max(sizes) for of_step in of_steps[:-1])


def test_a_budget_overrides_a_batch_in_tokens() -> None:
    by_tokens = TrainingConfig(chains=StageConfig(visits=10, batch_tokens=5))
    (stage,) = plan_stages(0, 10, by_tokens, 0, Budget(30, 6), length=lambda example: 5)
    assert [len(step) for step in stage.steps] == [5] * 6


def kinds(stage: Stage) -> Counter[str]:
    """Visits by kind, where there are 10 atoms, 30 chains and then the user's own."""
    return Counter("atom" if visit < 10 else "chain" if visit < 40 else "own" for visit in flat(stage))


def own(share: float = 0.2, earlier: float = 0.1) -> ReplayConfig:
    return ReplayConfig(files=("mine.jsonl",), share=share, earlier=earlier)


def test_the_users_own_are_a_share_of_every_stage() -> None:
    atoms, chains = plan_stages(10, 30, config(40, 100, replay=own()), seed=0, replayed=7)
    assert kinds(atoms) == {"atom": 32, "own": 8}
    assert kinds(chains) == {"chain": 70, "atom": 10, "own": 20}
    assert set(flat(chains)) <= set(range(47)) and len({v for v in flat(chains) if v >= 40}) == 7
    assert any(visit >= 40 for visit in flat(chains)[:50]) and any(visit >= 40 for visit in flat(chains)[50:])
    (mixed,) = plan_stages(10, 30, config(20, 60, order="mixed", replay=own()), seed=0, replayed=7)
    assert kinds(mixed) == {"atom": 16, "chain": 48, "own": 16}
    (alone,) = plan_stages(0, 30, config(20, 60, replay=own()), seed=0, replayed=7)
    assert sum(visit >= 30 for visit in flat(alone)) == 12 and alone.visits == 60


def test_the_users_own_come_on_top_of_epochs() -> None:
    epochs = {"atoms": StageConfig(epochs=3), "chains": StageConfig(epochs=2)}
    atoms, chains = plan_stages(10, 30, TrainingConfig(**epochs, replay=own(0.25, 0.25)), seed=0, replayed=100)
    assert kinds(atoms) == {"atom": 30, "own": 10}
    assert kinds(chains) == {"chain": 60, "atom": 30, "own": 30}


@pytest.mark.parametrize("order", ["atoms_first", "chains_first", "mixed"])
def test_what_is_drawn_of_the_users_own_is_enough(order: str) -> None:
    settings = config(40, 100, order=order, replay=own())
    assert most_replayed(10, 30, config(40, 100, order=order), None) == 0
    for budget in (None, Budget(333, 20), Budget(9, 3)):
        stages = plan_stages(10, 30, settings, seed=0, budget=budget, replayed=500)
        visited = sum(kinds(stage)["own"] for stage in stages)
        assert 0 < visited <= most_replayed(10, 30, settings, budget) <= visited + 4
        assert budget is None or sum(stage.visits for stage in stages) == budget.visits


@pytest.mark.parametrize("order", ["atoms_first", "chains_first", "mixed"])
def test_a_number_and_its_section_without_files_are_the_same_plan(order: str) -> None:
    number, section = config(40, 100, order=order, replay=0.3), config(
        40, 100, order=order, replay=ReplayConfig(earlier=0.3)
    )
    assert plan_stages(10, 30, number, seed=3) == plan_stages(10, 30, section, seed=3)
    assert number.decisive() == section.decisive() and number.decisive()["replay"] == 0.3


@pytest.mark.parametrize(
    ("replay", "why"),
    [
        (1.0, "`replay` is 1.0; wanted is a share"), (-0.1, "wanted is a share"), ("much", "number or section"),
        ({"share": 0.1}, "speak of `files`, of which none is named"),
        ({"files": ["a.jsonl"], "share": 0.5, "earlier": 0.5}, "leave the second stage no visit of its own"),
        ({"files": ["a.jsonl"], "share": 0}, "more than 0"), ({"file": "a.jsonl"}, "did you mean `files`"),
    ],
)  # fmt: skip
def test_shares_that_cannot_be_are_refused(replay: Any, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        TrainingConfig(replay=replay)
