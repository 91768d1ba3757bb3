"""The table of the packs with scripted replies: what is counted, what wordings change, and what is refused before any
engine starts."""

import contextlib
import dataclasses
import json
import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from benchmarks.packs import backends, engines, items, steps, table
from benchmarks.packs.__main__ import main, problems_for
from benchmarks.packs.measure import Measurement, Plan
from benchmarks.packs.parts import Parts, weights_hash
from benchmarks.packs.steps import GREEDY
from benchmarks.packs.wordings import HERE, SHIPPED, STEPS, wordings_of
from dgrc.config import EngineConfig
from dgrc.engines.base import Completion, Request, Sample, failed
from dgrc.errors import EngineError
from dgrc.evaluation.truth.computed import Computed
from dgrc.method.prompts import load_pack
from dgrc.proving.natural.files import write_domain
from dgrc.proving.natural.problem import Problem, Step
from dgrc.records import Chain

DOSE, TOTAL = "How many mg is 5 mg per kg for 20 kg?", "A patient gets 100 mg 3 times a day. How many mg is that?"
PROBLEM = Problem(
    "p1", "medicine", "en", "t", "train", 2,
    "A patient of 20 kg gets 5 mg per kg, 3 times a day. How many mg is that in one day?", "300 mg",
    (
        Step("multiply", DOSE, "100 mg", ("5 mg per kg", "20 kg")),
        Step("multiply", TOTAL, "300 mg", ("100 mg", "3 times a day")),
    ),
)  # fmt: skip
DATED = Problem(
    "p2", "law", "en", "t", "train", 2, "Notice of 2024-02-27 runs 3 days, then 2. When does it end?", "2024-03-03",
    (
        Step("date", "What is 3 days after 2024-02-27?", "2024-03-01", ("2024-02-27", "3 days")),
        Step("date", "What is 2 days after 2024-03-01?", "2024-03-03", ("2024-03-01", "2 days")),
    ),
)  # fmt: skip
TRUTH = Computed([PROBLEM, DATED])
PACK = load_pack("general")
Asked = list[Request]
UNREAD = "The weight matters here.\nThen the rate matters too.\nOne would have to multiply them, which takes time."


def scripted(reply: Callable[[Request, int], str | Sample | None], asked: Asked | None = None) -> steps.Ask:
    """Serves each sample by a function of its request and number; None fails the request."""

    def ask(requests: Sequence[Request]) -> list[Completion]:
        found = []
        for request in requests:
            if asked is not None:
                asked.append(request)
            said = [reply(request, number) for number in range(request.n)]
            samples = [Sample(text, "stop", 7) if isinstance(text, str) else text for text in said]
            whole = tuple(sample for sample in samples if sample is not None)
            found.append(Completion(whole, 10, 0) if len(whole) == len(said) else failed("refused: no"))
        return found

    return ask


def in_turn(*replies: str | Sample | None) -> Callable[[Request, int], str | Sample | None]:
    rest = iter(replies)
    return lambda request, number: next(rest)


def shares(result: dict[str, Any], *names: str) -> list[tuple[int, int]]:
    return [(result[name]["hits"], result[name]["n"]) for name in names]


def test_a_changed_step_is_carried_through_to_another_answer() -> None:
    for problem in (PROBLEM, DATED):
        for seed in range(8):
            wrong = items.changed(problem, random.Random(seed))
            assert wrong is not None and wrong[-1].answer != problem.answer
            assert not TRUTH.chain(problem.text, items.written(wrong)).right
            if wrong[0].answer != problem.steps[0].answer:
                assert wrong[0].answer in wrong[1].question and problem.steps[0].answer not in wrong[1].question
    assert TRUTH.chain(PROBLEM.text, items.written(PROBLEM.steps)).right


@pytest.mark.parametrize(
    ("kind", "inputs", "answer", "now", "follows"),
    [
        ("multiply", ("4 mg", "3 times"), "12 mg", ("8 mg", "3 times"), "24 mg"),
        ("divide", ("12 mg", "3 doses"), "4 mg", ("12 mg", "6 doses"), "2 mg"),
        ("add", ("1,200 dollars", "50 dollars"), "1,250 dollars", ("1,200 dollars", "500 dollars"), "1,700 dollars"),
        ("subtract", ("90 days", "30 days"), "60 days", ("90 days", "40 days"), "50 days"),
        ("days", ("2024-02-27", "2024-03-01"), "3 days", ("2024-02-27", "2024-03-04"), "6 days"),
        ("date", ("2024-02-27", "3 days"), "2024-03-01", ("2024-02-28", "3 days"), "2024-03-02"),
        ("look_up", ("class 2", "table"), "40 dollars", ("class 3", "table"), "40 dollars"),
    ],
)
def test_a_step_follows_from_other_inputs_as_its_kind_says(
    kind: str, inputs: tuple[str, ...], answer: str, now: tuple[str, ...], follows: str
) -> None:
    assert items._follows(Step(kind, "?", answer, inputs), now) == follows


def test_pairs_are_sampled_ones_first_and_written_ones_where_they_do_not_suffice() -> None:
    one, other = Chain("a", "1 mg", "stop", 1), Chain("b", "2 mg", "stop", 1)
    found = items.pairs([PROBLEM, DATED], [("p2", one, other)], 2, seed=0)
    assert [(pair.problem.id, pair.made) for pair in found] == [("p2", False), ("p1", True)]
    assert found[1].one.answer == "300 mg" != found[1].other.answer
    assert items.pairs([PROBLEM, DATED], [("p2", one, other)], 1, seed=0) == found[:1]
    found = items.pairs([PROBLEM, DATED], [("p1", one, other)], 2, seed=0)
    assert [(pair.problem.id, pair.made) for pair in found] == [("p1", False), ("p2", True)]


def test_chains_to_verify_are_right_and_wrong_in_equal_number() -> None:
    sampled = [("p1", Chain("It is <answer>300 mg</answer>", "300 mg", "stop", 9)), ("p1", Chain("?", None, "stop", 1))]
    found = items.to_verify([PROBLEM, DATED], sampled, TRUTH, 4, seed=0)
    wanted = [(True, False), (True, True), (False, True), (False, True)]
    assert [(item.right, item.made) for item in found] == wanted
    many = items.to_verify([PROBLEM, DATED], [*sampled, *sampled], TRUTH, 4, seed=0)
    assert [(item.right, item.made) for item in many] == wanted


def test_chains_are_counted_by_how_they_ended_and_who_read_them() -> None:
    replies = in_turn("So <answer>300 mg</answer>", "So <answer>30 mg</answer>", UNREAD, Sample("So it", "length", 5))
    result, chains = steps.sampled(scripted(replies), PACK, [PROBLEM, DATED], TRUTH, GREEDY, 2)
    assert [len(of) for of in chains] == [2, 2]
    assert shares(result, "stopped", "read_of_stopped", "right", "right_of_read") == [(3, 4), (2, 3), (1, 4), (1, 2)]
    assert sum(result["tiers"].values()) == 2 and result["cut"] == 1


def test_diagnoses_are_counted_by_what_becomes_of_their_atoms() -> None:
    pair = items.pairs([PROBLEM], [], 1, seed=0)[0]
    echo = "asks for one thing only: a single fact, definition, rule or calculation"
    asked = [DOSE, echo, "dose of the patient in mg", "Which planet has most moons?"]
    good = json.dumps({"comparison": "The dose.", "questions": asked})
    told: Asked = []
    replies = in_turn(good, json.dumps({"comparison": "c", "questions": [echo]}), "no JSON", Sample(good, "length", 9))
    result = steps.diagnosed(scripted(replies, told), PACK, [pair] * 4, TRUTH, GREEDY)
    assert shares(result, "parsed") == [(2, 4)]
    assert (result["atoms_asked"], result["kept"], result["distinct"], result["cut"]) == (5, 1, 1, 1)
    assert result["refused"] == {"echo": 2, "no_question": 1, "off_topic": 1}
    assert result["on_target"]["n"] <= 1 and told[0].schema == PACK.schema("diagnose")
    first, second = (request.messages[-1]["content"] for request in told[:2])
    assert first.index(pair.one.text) < first.index(pair.other.text)
    assert second.index(pair.one.text) > second.index(pair.other.text)


def test_answers_are_held_against_the_steps_truth() -> None:
    said = [{"reasoning": "5 x 20.", "answer": answer} for answer in ("100 mg", "0.1 g", "20 mg", "unknown")]
    echo = {"reasoning": "Work it out step by step: name the fact or rule that settles it", "answer": "100 mg"}
    replies = [*map(json.dumps, said[:3]), json.dumps(said[3]), json.dumps(echo), "100 mg"]
    held = dataclasses.replace(PACK, schemas={**PACK.schemas, "answer": "{}"})
    result = steps.answered(scripted(in_turn(*replies)), held, [(PROBLEM, step) for step in PROBLEM.steps], GREEDY, 3)
    assert shares(result, "parsed", "right", "right_of_majority") == [(5, 6), (2, 6), (1, 2)]
    assert (result["echo"], result["unknown"], result["kept_by_agreement"], result["right_of_kept"]) == (1, 1, 1, 1)
    assert result["agreement"] == pytest.approx((2 / 3 + 0) / 2, abs=1e-4)
    free = steps.answered(scripted(in_turn(*replies)), PACK, [(PROBLEM, step) for step in PROBLEM.steps], GREEDY, 3)
    assert shares(free, "parsed")[0] == (6, 6), "any form that is read is one where none is asked for"


def verdict(consistent: bool, *numbers: int, finding: str = "It has 100 mg.") -> str:
    relation = "supports" if consistent else "contradicts"
    facts = [{"fact": number, "finding": finding, "relation": relation} for number in numbers]
    return json.dumps({"facts": facts, "consistent": consistent})


def test_verdicts_are_held_against_the_truth_of_the_chains() -> None:
    right = items.Checked(PROBLEM, items.written(PROBLEM.steps), right=True, made=True)
    wrong = items.Checked(PROBLEM, Chain("So <answer>1 mg</answer>", "1 mg", "stop", 4), right=False, made=False)
    echo = verdict(True, 1, 2, finding="the reasoning states, uses or implies the same")
    replies = in_turn(verdict(True, 1, 2), verdict(True, 1), verdict(False, 1, 2), verdict(True, 1, 2), None, echo)
    told: Asked = []
    chains = [right, right, wrong, wrong, right, right]
    result = steps.verified(scripted(replies, told), PACK, chains, GREEDY)
    names = ("parsed", "every_fact_numbered", "verdict_given", "verdict_right", "right_of_passed", "passed_of_right",
             "passed_of_wrong")  # fmt: skip
    assert shares(result, *names) == [(5, 6), (4, 6), (3, 6), (2, 3), (1, 2), (1, 4), (1, 2)]
    assert (result["echo"], result["failed"], result["made_chains"]) == (1, 1, 4)
    assert DOSE in told[0].messages[-1]["content"] and "100 mg" in told[0].messages[-1]["content"]


def test_marks_are_spread_by_whether_the_answer_is_right() -> None:
    marked = [json.dumps({"remark": "short", **dict.fromkeys(steps.judge.ASPECTS, mark)}) for mark in (2, 1)]
    found = items.to_judge([PROBLEM, DATED, PROBLEM], 3, seed=0)
    assert [item.right for item in found] == [True, False, True] and found[1].answer != DATED.steps[0].answer
    result = steps.judged(scripted(in_turn(*marked, "?")), PACK, found, GREEDY)
    assert (result["marks"], result["mean_of_right"], result["mean_of_wrong"]) == ({"7": 1, "14": 1}, 14, 7)
    assert shares(result, "parsed") == [(2, 3)] and result["deviation"] == 3.5


def test_problems_fit_a_packs_domain_and_both_domains_take_turns(tmp_path: Path) -> None:
    general, medical = (w for w in wordings_of(["general", "medical"], [], tmp_path) if w.name == SHIPPED)
    assert [p.domain for p in problems_for(general, 3, 0, None)] == ["medicine", "law", "medicine"]
    assert {p.domain for p in problems_for(medical, 3, 0, None)} == {"medicine"}
    write_domain(tmp_path / "d", [PROBLEM, DATED], {})
    assert problems_for(medical, 1, 0, tmp_path / "d" / "truth.jsonl") == [PROBLEM]
    with pytest.raises(Exception, match="has 1 problems for the pack medical"):
        problems_for(medical, 2, 0, tmp_path / "d" / "truth.jsonl")


def test_backends_are_compared_on_the_same_diagnoses() -> None:
    pairs = items.pairs([PROBLEM, DATED], [], 2, seed=0)
    good, seen = json.dumps({"comparison": "c", "questions": [DOSE]}), list[EngineConfig]()
    replies = {True: good.replace(", ", ",\n        "), False: good}

    @contextlib.contextmanager
    def start(engine: EngineConfig) -> Iterator[steps.Ask]:
        seen.append(engine)
        if engine.grammar_backend == "outlines":
            raise EngineError("outlines is not there")
        yield scripted(lambda request, number: replies[engine.grammar_whitespace])

    rows = [
        backends.measured(start, EngineConfig(model="m"), name, blanks, PACK, [*pairs, *pairs], 50)
        for name, blanks in backends.variants(["xgrammar", "outlines"])
    ]
    assert [(e.grammar_backend, e.grammar_whitespace) for e in seen] == [
        ("xgrammar", True), ("xgrammar", False), ("outlines", True),
    ]  # fmt: skip
    assert shares(rows[0], "parsed") == [(3, 3)] and rows[0]["cut_share"] == 0 and rows[0]["tokens_a_reply"] == 7
    assert rows[0]["blank_share"] > rows[1]["blank_share"] == 0 and rows[1]["echo_share"] == 0
    assert rows[2] == {"error": "outlines is not there"}


def test_what_is_read_off_is_held_against_the_truth_of_chains() -> None:
    right, wrong = (
        items.Checked(PROBLEM, items.written(s), good, made=True)
        for s, good in ((PROBLEM.steps, True), (items.changed(PROBLEM, random.Random(0)), False))
    )
    facts = steps.facts_of(PROBLEM)
    true = json.dumps({"answers": [{"question": n, "answer": f.answer} for n, f in enumerate(facts, 1)]})
    silent = json.dumps({"answers": [{"question": n, "answer": "none"} for n, _ in enumerate(facts, 1)]})
    replies = in_turn(true, "no JSON", true, silent)
    result = steps.extracted(scripted(replies), PACK, [right, right, wrong, wrong], GREEDY)
    assert shares(result, "parsed") == [(3, 4)]
    # The true answers do not all stand in the wrong chain, so that they were not read off it.
    assert result["verdict_given"]["hits"] == result["passed_of_right"]["hits"] == 1
    assert shares(result, "passed_of_wrong", "right_of_passed") == [(0, 2), (1, 1)]
    said = [step.answer for step in items.changed(PROBLEM, random.Random(0)) or ()]
    by_question = {step.question: answer for step, answer in zip(PROBLEM.steps, said, strict=True)}
    false = [{"question": n, "answer": by_question[f.question]} for n, f in enumerate(facts, 1)]
    found = steps.extracted(scripted(in_turn(json.dumps({"answers": false}))), PACK, [wrong], GREEDY)
    assert shares(found, "verdict_given", "verdict_right", "decided") == [(1, 1), (1, 1), (len(facts), len(facts))]


def test_the_first_diagnosis_warms_a_backend_up_and_is_not_counted() -> None:
    pairs = items.pairs([PROBLEM, DATED], [], 2, seed=0)
    good = json.dumps({"comparison": "c", "questions": [DOSE]})
    told: Asked = []
    replies = in_turn(good, Sample(good, "length", 50))

    def start(engine: EngineConfig) -> contextlib.AbstractContextManager[steps.Ask]:
        return contextlib.nullcontext(scripted(replies, told))

    row = backends.measured(start, EngineConfig(model="m"), "guidance", True, PACK, pairs, 50)
    assert [request.max_tokens for request in told] == [50, 50] and told[0] != told[1]
    assert (row["replies"], row["cut_share"], row["tokens_a_reply"], row["atoms_asked"]) == (1, 1, 50, 0)
    assert shares(row, "parsed") == [(0, 1)]


def test_a_measurement_that_was_stopped_goes_on_where_it_was(tmp_path: Path) -> None:
    wordings = wordings_of(["general"], [HERE / "plain"], tmp_path / "w")
    config = engines.settings("t", "s", 0, ["teacher.max_num_seqs=3"], tmp_path)
    assert config.teacher.max_num_seqs == 3 and config.student.model == "s"
    plan = Plan(config, wordings, {"general": [PROBLEM, DATED]}, TRUTH, STEPS, ["guidance"], diagnoses=1)
    started = list[str]()

    def start(role: str, engine: EngineConfig) -> contextlib.AbstractContextManager[steps.Ask]:
        started.append(f"{role} {engine.grammar_backend}")
        said = "So <answer>300 mg</answer>" if role == "teacher" else "So <answer>3 mg</answer>"
        return contextlib.nullcontext(scripted(lambda request, _: said if request.schema is None else "{}"))

    parts = Parts(tmp_path / "parts", {"weights": "1"}, lambda line: None)
    found = Measurement(plan, parts, start).run()
    assert started == ["student auto", "teacher auto", "teacher guidance", "teacher guidance", "teacher auto"]
    assert len(found) == 2 * 2 + 2 + 5 + 3 and found["diagnose/teacher/general/plain"]["made_pairs"] == 0
    started.clear()
    assert Measurement(plan, parts, start).run() == found and started == []
    (tmp_path / "parts" / "answer-teacher-general-plain.json").write_text("{")
    assert Measurement(plan, parts, start).run() == found and started == ["teacher auto"]
    started.clear()
    other = Parts(tmp_path / "parts", {"weights": "2"}, lambda line: None)
    Measurement(plan, other, start).run()
    assert len(started) == 5


def test_the_table_says_shares_with_their_items_and_what_failed() -> None:
    share = {"hits": 3, "n": 4, "clusters": 4, "share": 0.75, "low": 0.3, "high": 0.95}
    found: dict[str, dict[str, Any]] = {
        "diagnose/teacher/general/plain": {"parsed": share, "atoms_asked": 9, "refused": {"off_topic": 2}, "kept": 7},
        "backends/outlines": {"error": "not there"},
    }
    said = table.render(found)
    assert "| teacher general plain | 0.75 (0.30 to 0.95, 3 of 4) | 9 | off topic 2 | 7 |" in said
    assert "| outlines | not there |" in said and said.count("|---") == 7 + 7
    assert table.summary(found)["diagnose/teacher/general/plain"]["parsed"] == 0.75
    assert table.summary(found)["backends/outlines"] == {"error": "not there"}


def test_weights_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"1")
    before = weights_hash(str(tmp_path))
    (tmp_path / "model.safetensors").write_bytes(b"2")
    assert before != weights_hash(str(tmp_path)) and weights_hash("hub/name") is None


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--packs", "generall"], "no prompt pack `generall`"),
        (["--steps", "sample,diagnos"], "--steps names diagnos; known are sample, diagnose"),
        (["--backends", "xgramar"], "--backends names xgramar"),
        (["--wording", "/none"], "is no folder"),
        ([], "/none/teacher does not exist"),
        (["--set", "teacher.max_seqs=3"], "max_seqs"),
    ],
)
def test_bad_input_is_said_before_anything_starts(arguments: list[str], says: str, tmp_path: Path) -> None:
    given = ["--teacher", "/none/teacher", "--student", "/none/student", "--out", str(tmp_path), *arguments]
    done = CliRunner().invoke(main, given)
    assert done.exit_code == 2 and says in done.output and not (tmp_path / "parts").exists()
