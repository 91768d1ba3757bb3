import random

import pytest

from dgrc.method import diagnose as diagnose_step
from dgrc.method import verify as verify_step
from dgrc.method.prompts import load_pack
from dgrc.proving.corpus import (
    auditor_errors,
    batch,
    diagnose,
    diagnose_reply,
    student_belief,
    teacher_belief,
    verify,
    vocabulary,
)
from dgrc.proving.language import Scenario, chain_text, read_atom, read_question, read_steps
from dgrc.proving.world import Variant, World
from dgrc.records import Chain

EACH = {"solve": 60, "answer": 60, "diagnose": 60, "verify": 60}


def words(messages: list[dict[str, str]]) -> str:
    (message,) = messages
    assert message["role"] == "user"
    return " ".join(message["content"].split())


def chain(text: str) -> Chain:
    return Chain(text, None, "stop", 0)


def test_every_word_is_in_the_vocabulary() -> None:
    world = World(0)
    known = set(vocabulary(world))
    rng = random.Random(1)
    for model, counts in (("teacher", EACH), ("student", {"solve": 60, "answer": 60})):
        for role in batch(world, model, counts, rng):
            assert {word for example in role for word in f"{example.prompt} {example.reply}".split()} <= known


def test_no_held_out_or_unlabeled_question_is_trained_on() -> None:
    world = World(0, "small")
    kept = {scenario.question for scenario in [*world.held_out, *world.unlabeled]}
    for role in batch(world, "teacher", EACH, random.Random(2)):
        assert not [example for example in role if any(question in example.prompt for question in kept)]


def test_prompts_equal_what_the_pack_renders() -> None:
    world, pack, rng = World(0), load_pack("proving"), random.Random(3)
    solve, answer, *_ = batch(world, "teacher", EACH, rng)
    for example in solve:
        assert words(pack.messages("sample", text=example.prompt, options="")) == example.prompt
    for example in answer:
        assert words(pack.messages("answer", atom=example.prompt)) == example.prompt


def test_diagnose_prompts_equal_the_pack_and_its_parser_reads_the_replies() -> None:
    world, pack, rng = World(0), load_pack("proving"), random.Random(4)
    asked = 0
    for _ in range(100):
        prompt, reply = diagnose(world, rng)
        question, rest = prompt.removeprefix("compare . ").split(" first : ")
        first, second = rest.split(" second : ")
        messages = diagnose_step.build_messages(pack, question, (), chain(first), chain(second), swap=False)
        assert words(messages) == prompt
        atoms, refused, error = diagnose_step.parse_reply(pack, reply, (question, first, second))
        assert (refused, error) == ((), None)
        one, two = read_steps(first), read_steps(second)
        assert {read_atom(atom) for atom in atoms} == {f for f in {**one, **two} if one.get(f) != two.get(f)}
        asked += len(atoms)
    assert asked > 100


def test_verify_prompts_equal_the_pack_and_its_parser_reads_the_replies() -> None:
    world, pack, rng = World(0), load_pack("proving"), random.Random(5)
    verdicts, sizes = [], set()
    for _ in range(300):
        prompt, reply = verify(world, rng)
        head, text = prompt.split(" chain : ")
        question, listed = head.removeprefix("check . ").split(" facts :")
        parts = [part.strip().split(" ? ") for part in listed.split(" .") if part.strip()]
        facts = [verify_step.Fact(n, f"{asked} ?", value) for n, (asked, value) in enumerate(parts)]
        assert verify_step.sort_facts(facts) == tuple(facts)
        assert words(verify_step.build_messages(pack, question, (), chain(text), facts)) == prompt
        consistent, checks, error = verify_step.parse_reply(pack, reply, facts)
        assert error is None
        said = read_steps(text)
        wrong = [f.id for f in facts if said.get(read_atom(f.question), f.answer) != f.answer]
        assert list(verify_step.contradicted(checks)) == wrong
        assert consistent == (not wrong)
        verdicts.append(consistent)
        sizes.add(len(facts))
    assert 0.3 < sum(verdicts) / len(verdicts) < 0.8
    assert {0, 1, 2, 3, 4, 5, 6} <= sizes


def test_a_diagnosis_asks_about_both_courts_and_about_what_one_chain_leaves_out() -> None:
    world = World(0)
    scenario = Scenario("widow", "garth", "breach", 4)
    base = {"limit": "5", "grace": "1", "appeal": "senate"}
    open_one = chain_text(scenario, lambda fact: base.get(fact.kind, "crown"))
    other = chain_text(scenario, lambda fact: base.get(fact.kind, "manor"))
    barred = chain_text(scenario, lambda fact: {"limit": "2", "grace": "1"}[fact.kind])
    assert diagnose_reply(open_one, other) == (
        "breach limit 5 5 same . widow grace 1 1 same . breach court crown manor differ : in garth what is the court "
        "of breach ? crown appeal senate none differ : in garth what is the appeal of crown ? manor appeal none "
        "senate differ : in garth what is the appeal of manor ? done"
    )
    assert diagnose_reply(barred, open_one) == (
        "breach limit 2 5 differ : in garth what is the limit of breach ? widow grace 1 1 same . breach court none "
        "crown differ : in garth what is the court of breach ? crown appeal none senate differ : in garth what is the "
        "appeal of crown ? done"
    )
    assert world.facts.keys() >= read_steps(open_one).keys()


@pytest.mark.parametrize("size", ["standard", "small"])
def test_the_teacher_errs_in_chains_as_stated_and_never_in_atoms(size: str) -> None:
    world, rng = World(0, size), random.Random(6)
    solve, answer = batch(world, "teacher", {"solve": 2000, "answer": 2000}, rng)
    assert all(
        world.is_atom_right(prompt, reply.split("<answer> ")[1].removesuffix(" </answer>")) for prompt, reply in answer
    )
    steps = [(fact, value) for example in solve for fact, value in read_steps(example.reply).items()]
    assert all(value in (world.truth(fact), world.confusable[fact]) for fact, value in steps)
    assert all(value != world.truth(fact) for fact, value in steps if fact in world.misconceptions)
    slips = [value != world.truth(fact) for fact, value in steps if fact not in world.misconceptions]
    assert 0.15 < sum(slips) / len(slips) < 0.21
    assert all(read_question(example.prompt) in world.pretraining for example in solve[:50])


def test_the_student_is_schooled_in_half_of_the_facts() -> None:
    world, rng = World(0), random.Random(7)
    belief = student_belief(world, rng)
    assert all(belief(fact) == world.truth(fact) for fact in world.schooled for _ in range(3))
    unknown = [fact for fact in world.facts if fact not in world.schooled]
    right = sum(belief(fact) == world.truth(fact) for fact in unknown for _ in range(20)) / (20 * len(unknown))
    assert 0.1 < right < 0.3
    assert teacher_belief(world, rng)(next(iter(world.misconceptions))) != world.truth(next(iter(world.misconceptions)))


def test_a_teacher_with_atomic_errors_believes_them_alone_and_in_chains() -> None:
    world, rng = World(0, "standard", Variant(atomic_errors=0.2, slip=0.0)), random.Random(8)
    solve, answer = batch(world, "teacher", {"solve": 200, "answer": 2000}, rng)
    said = {read_atom(prompt): reply.split("<answer> ")[1].removesuffix(" </answer>") for prompt, reply in answer}
    assert {fact for fact, value in said.items() if value != world.truth(fact)} == world.misbelieved & said.keys()
    wrong = world.misbelieved | world.misconceptions
    for example in solve:
        assert all((value != world.truth(fact)) == (fact in wrong) for fact, value in read_steps(example.reply).items())


def test_the_student_shares_the_blind_spots() -> None:
    world = World(0, "standard", Variant(blind_spots=0.5))
    student, teacher = student_belief(world, random.Random(9)), teacher_belief(world, random.Random(9))
    assert world.blind_spots
    assert all(student(fact) == teacher(fact) == world.confusable[fact] for fact in world.blind_spots)


def test_the_auditor_errs_apart_from_the_teacher() -> None:
    world = World(0)
    errors = auditor_errors(world)
    assert 20 <= len(errors) <= 40
    assert all(value != world.truth(fact) for fact, value in errors.items())
    alike = [fact for fact in world.misconceptions if errors.get(fact) == world.confusable[fact]]
    assert len(alike) <= 3, "independent draws meet rarely"


def test_in_the_other_wording_the_pack_reads_what_the_models_learn() -> None:
    world, pack, rng = World(0, "standard", Variant(wording="other")), load_pack("proving"), random.Random(10)
    known = set(vocabulary(world))
    for role in batch(world, "teacher", EACH, rng):
        assert {word for example in role for word in f"{example.prompt} {example.reply}".split()} <= known
    for _ in range(50):
        prompt, reply = diagnose(world, rng)
        first, second = prompt.split(" first : ")[1].split(" second : ")
        atoms, refused, error = diagnose_step.parse_reply(pack, reply, (first, second))
        one, two = read_steps(first), read_steps(second)
        assert (refused, error) == ((), None)
        assert set(atoms) == {world.ask(f) for f in {**one, **two} if one.get(f) != two.get(f)}
