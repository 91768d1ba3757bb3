import json
import subprocess
import sys
from pathlib import Path

import pytest

from dgrc.config import ProvingConfig
from dgrc.errors import ConfigError, EvaluationError
from dgrc.proving.language import Fact, chain_text, read_answer, read_atom, read_steps
from dgrc.proving.world import SIZES, Variant, World

SUMMARY = """
import random
from dgrc.proving.corpus import batch
from dgrc.proving.world import World
world = World(3)
print(batch(world, "teacher", {"solve": 9, "answer": 9, "diagnose": 9, "verify": 9}, random.Random(0)))
print(list(world.facts.items()), world.held_out, sorted(world.misconceptions), sorted(world.schooled))
"""


def wrong_about(world: World, wrong: Fact):
    return lambda fact: world.confusable[fact] if fact == wrong else world.truth(fact)


def test_a_world_and_its_corpus_are_the_same_in_every_process() -> None:
    outputs = [
        subprocess.run(
            [sys.executable, "-c", SUMMARY], capture_output=True, check=True, env={"PYTHONHASHSEED": seed}
        ).stdout
        for seed in ("1", "2")
    ]
    assert outputs[0] == outputs[1]
    assert World(3).facts != World(4).facts


@pytest.mark.parametrize("size", sorted(SIZES))
def test_the_split_is_disjoint_and_complete(size: str) -> None:
    world = World(0, size)
    parts = [world.held_out, world.unlabeled, world.pretraining]
    together = [scenario for part in parts for scenario in part]
    assert len(set(together)) == len(together)
    counts = SIZES[size]
    assert len(together) == counts.parties * counts.provinces * counts.claims * 9
    assert (len(world.held_out), len(world.unlabeled)) == (counts.held_out, counts.unlabeled)
    assert len(world.pretraining) > 0


def test_the_standard_world_has_the_stated_errors_built_in() -> None:
    world = World(0)
    assert len(world.facts) == 272
    assert len(world.misconceptions) == 30
    assert len(world.schooled) == 136
    assert all(world.confusable[fact] != truth for fact, truth in world.facts.items())


def test_the_solver_agrees_with_a_derivation_from_the_tables() -> None:
    world = World(1)
    answers = set()
    for party, province, claim, years in world.held_out:
        end = int(world.facts[Fact("limit", claim, province)]) + int(world.facts[Fact("grace", party, province)])
        court = world.facts[Fact("court", claim, province)]
        want = "barred" if years > end else world.facts[Fact("appeal", court, province)]
        question = f"a {party} in {province} sues for {claim} after {years} years . which appeal body ?"
        assert world.solve(question) == want
        assert world.is_answer_right(question, want)
        answers.add(want)
    assert answers == {"barred", *world.bodies}


def test_a_chain_is_fully_right_only_if_every_step_is() -> None:
    world = World(0)
    lucky = 0
    for scenario in world.unlabeled[:200]:
        right = chain_text(scenario, world.truth)
        assert world.chain_fully_right(scenario.question, right.replace(" ", "  "))
        for fact in read_steps(right):
            wrong = chain_text(scenario, wrong_about(world, fact))
            assert not world.chain_fully_right(scenario.question, wrong)
            lucky += world.is_answer_right(scenario.question, read_answer(wrong))
        assert not world.chain_fully_right(scenario.question, right.replace(" plus ", " within "))
    assert lucky > 0, "some wrong chains reach the right answer, else this test says nothing about steps"


def test_atoms_are_held_against_the_tables() -> None:
    world = World(0)
    for fact, value in world.facts.items():
        assert world.is_atom_right(fact.question, f" {value} ")
        assert not world.is_atom_right(fact.question, world.confusable[fact])
        assert world.is_misconception(fact.question) == (fact in world.misconceptions)
    assert not world.is_atom_right("in garth what is the limit of widow ?", "3")
    assert not world.is_atom_right("why ?", "3")
    assert not world.is_atom_right(next(iter(world.facts)).question, None)


def test_foreign_questions_are_refused() -> None:
    with pytest.raises(EvaluationError, match="not a question of the small proving world"):
        World(0, "small").solve("a widow in lorne sues for dowry after 3 years . which appeal body ?")


def test_question_files_hold_what_was_asked_for(tmp_path: Path) -> None:
    config = ProvingConfig(size="small", seed=5, questions=40, held_out=30)
    world = World.from_config(config)
    unlabeled, held_out = world.write_questions(config, tmp_path / "new")
    rows = [[json.loads(line) for line in path.read_text().splitlines()] for path in (unlabeled, held_out)]
    assert [len(part) for part in rows] == [40, 30]
    every = [row for part in rows for row in part]
    assert len({row["id"] for row in every}) == len({row["question"] for row in every}) == 70
    assert all(row["answer"] == world.solve(row["question"]) for row in every)


def test_more_questions_than_there_are_is_an_error(tmp_path: Path) -> None:
    config = ProvingConfig(size="small", questions=301, held_out=30)
    with pytest.raises(ConfigError, match=r"`proving.questions` to 300 or less"):
        World.from_config(config).write_questions(config, tmp_path)


def test_a_variant_changes_what_it_names_and_nothing_else() -> None:
    standard = World(0)
    varied = World(0, "standard", Variant(misconceptions=2.0, atomic_errors=0.1, blind_spots=0.5, covered=3 / 8))
    assert (varied.facts, varied.held_out, varied.pretraining, varied.schooled) == (
        standard.facts, standard.held_out, standard.pretraining, standard.schooled,
    )
    assert standard.misconceptions < varied.misconceptions and len(varied.misconceptions) == 60
    assert varied.blind_spots < varied.misconceptions and len(varied.blind_spots) == 30
    assert len(varied.misbelieved) == round(0.1 * 272)
    assert World(0, "standard", Variant(misconceptions=0.5)).misconceptions < standard.misconceptions
    assert (standard.misbelieved, standard.blind_spots) == (frozenset(), frozenset())
    assert len(varied.covered) == 3 and {s.province for s in varied.unlabeled} == varied.covered
    assert {s.province for s in varied.held_out} == set(varied.provinces)
    assert all(varied.is_covered(s.question) == (s.province in varied.covered) for s in varied.held_out)


def test_the_other_wording_is_read_back_and_shares_no_name_of_a_kind() -> None:
    world = World(0, "standard", Variant(wording="other"))
    for fact in world.facts:
        asked = world.ask(fact)
        assert read_atom(asked) == fact == read_atom(fact.question)
        assert not {"limit", "grace", "court", "appeal"} & set(asked.split())
        assert world.is_atom_right(asked, world.truth(fact))
