"""A pilot: a sample of the corpus on its own run, its rates, the bill of the whole, and what is worth a warning."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from dgrc.cli import main
from dgrc.config import Config, MethodConfig, Price
from dgrc.errors import RunDirError
from dgrc.storage.run_dir import RunDir
from dgrc.storage.standing import refuse_sample
from dgrc.workflow.curated import asked_with, trusted_readers, with_trusted_readers
from dgrc.workflow.curated.figures import asked_about, measure
from dgrc.workflow.curated.warnings import warnings
from dgrc.workflow.job import Job
from dgrc.workflow.pilot import clear_other, pilot_config, project, run_pilot, share_to_ask
from tests.pipeline.conftest import scripted_config, write_questions

SPENT = {"calls": 30, "prompt_tokens": 3000, "completion_tokens": 1000, "cached_tokens": 0}


CHAINS = {f"{role}_{what}": 30 for role in ("teacher", "student") for what in ("chains", "stopped")}
METHOD = MethodConfig()


def report(**counts: int) -> dict[str, Any]:
    """A curation's report on 10 of 200 questions."""
    verified = {name: count for name, count in counts.items() if name.startswith("chains_")}
    times = {"seconds": 46.0, "start_seconds": 10.0}
    return {
        "ingest": {"kept": 10, "usable": 200},
        "gather": {
            "rows": 10, "status": {"divergent": 6}, "usage": {"teacher/sample": SPENT, "student/sample": SPENT},
            "counts": {**CHAINS, "diagnoses": 8, "compared": 10, **counts}, **times,
        },
        "collect": {"asked": 12, "distinct": 9},
        "answer": {"usage": {"teacher/answer": SPENT}, "counts": {"answers": 45}, **times},
        "screen": {"kept": 8},
        "verify": {"usage": {}, "counts": {"chains_passed": 12, "chains_rejected": 6, **verified}, **times},
        "assemble": {"cot": 7},
    }


def priced(**price: float) -> Config:
    engine = {"engine": "scripted", "script": "a:b"}
    data = {"teacher": {**engine, "price_per_million": price or None}, "student": {**engine, "price_per_million": {}}}
    return Config.model_validate(data)


def test_rates_are_shares_of_what_was_asked() -> None:
    counts = {
        "teacher_unread": 3, "teacher_stopped_unread": 3, "student_cut_off": 6, "student_stopped": 24,
        "student_unread": 6, "diagnoses_unread": 2,
    }  # fmt: skip
    figures = measure(report(**counts), [], [{"answers": ["a"], "agreement": 0.8}], METHOD)
    assert figures["read"] == {
        "teacher_sample": 0.9, "student_sample": 1.0, "diagnose": 0.75, "answer": 1.0, "verify": 1.0,
    }
    assert figures["chains"]["student"]["unread"] == 6, "cut off, so that nobody can say what it answers"
    assert figures["cut_off"] == {"teacher": 0.0, "student": 0.2}
    assert (figures["divergent"], figures["agreement"], figures["judge_passed"]) == (0.6, 0.8, None)
    assert figures["verdicts"] == {"passed": 12, "rejected": 6, "without_verdict": 0}


def test_the_bill_is_in_proportion_and_leaves_the_start_of_engines_out() -> None:
    bill = project(report(), priced(prompt=2.0, completion=10.0), [100] * 10)
    assert (bill["questions"], bill["calls"]) == (200, 3 * 30 * 20)
    assert (bill["prompt_tokens"], bill["completion_tokens"]) == (180_000, 60_000)
    assert bill["hours"] == pytest.approx(3 * 36 * 20 / 3600, abs=1e-3)
    # Two of the three steps are the teacher's: 120,000 prompt tokens at 2 and 40,000 generated ones at 10 a million.
    assert bill["money"] == pytest.approx(0.24 + 0.4)


def test_without_a_price_there_is_no_money() -> None:
    bill = project(report(), priced(), [])
    assert bill["money"] is None and "money" not in bill["range"]
    assert Price().prompt == 0, "a price of nothing is a price"


@pytest.mark.parametrize(
    ("counts", "says"),
    [
        ({"diagnoses_unread": 4}, "only 50% of the replies to `diagnose`"),
        ({"student_cut_off": 3}, "10% of the student's chains are cut off"),
        ({"student_stopped_unread": 6}, "20% of the student's chains that ended by themselves give no answer"),
        ({"teacher_refused": 3}, "10% of the teacher's chains were ended by its engine or server"),
        ({"judged": 9, "judge_passed": 9}, "the judge passes everything"),
        ({"compared": 7}, "only 7 of 10 questions have answers of both"),
        ({"atoms_echo": 3}, "3 of 15 atomic questions are the prompt's own words"),
        ({"atoms_off_topic": 3}, "3 of 15 atomic questions have nothing to do with their case"),
        ({"atoms_leans_on_options": 4}, "4 of 16 atomic questions lean on options that they do not show"),
        ({"atoms_points_elsewhere": 4}, "4 of 16 atomic questions point at a case that they do not describe"),
        ({"atoms_gives_answer": 4}, "4 of 16 atomic questions go on with an answer to themselves"),
        ({"atoms_no_question": 3}, "3 of 15 atomic questions ask nothing"),
        ({"chains_passed": 0, "chains_rejected": 9}, "every one of the 9 chains with a verdict was rejected"),
        ({"verdicts_unread": 6, "verdicts_echo": 2}, "(some are the prompt's own words)"),
    ],
)
def test_what_is_wrong_is_said(counts: dict[str, int], says: str) -> None:
    assert warnings(measure(report(), [], [], METHOD)) == []
    (warning,) = warnings(measure(report(**counts), [], [], METHOD))
    assert says in warning


def test_models_that_hardly_part_are_told_apart_from_models_that_nobody_could_compare() -> None:
    alike = report()
    alike["gather"]["status"] = {"agreeing": 10}
    assert ["hardly ever part" in said for said in warnings(measure(alike, [], [], METHOD))] == [True]
    alike["gather"]["counts"]["compared"] = 2
    (said,) = warnings(measure(alike, [], [], METHOD))
    assert "hardly" not in said and "only 2 of 10" in said


@pytest.mark.parametrize(
    ("atoms", "chains", "says"), [(0, 0, "nothing was kept"), (8, 0, "no chain was kept"), (0, 7, "no atom was kept")]
)
def test_a_curriculum_that_lacks_something_says_what(atoms: int, chains: int, says: str) -> None:
    lacking = report()
    lacking["screen"]["kept"], lacking["assemble"]["cot"] = atoms, chains
    assert says in warnings(measure(lacking, [], [], METHOD))[0]


def test_chains_cut_off_in_their_thoughts_name_the_tokens_they_thought_for() -> None:
    cut = {"text": "", "thoughts": "Rule 3", "answer": None, "finish_reason": "length", "tokens": 2048, "read_by": None}
    case = {"choices": ["x", "y"], "asked": [], "teacher": [cut] * 3, "student": [], "auditor": []}
    (said,) = warnings(measure(report(teacher_cut_off=3), [case], [], METHOD))
    assert "cut off while it still thought (for up to 2,048 tokens)" in said and "teacher.thinking" in said


def test_chains_that_only_say_the_prompt_again_are_told_apart() -> None:
    again = "When you are done, give the answer alone on the last line, in this form:"
    parrot = {"text": again, "thoughts": "", "answer": None, "finish_reason": "stop", "tokens": 9, "read_by": None}
    case = {"choices": [], "asked": [], "teacher": [], "student": [parrot] * 3, "auditor": []}
    figures = measure(report(), [case], [], METHOD)
    assert (figures["chains"]["student"]["echo"], figures["chains"]["teacher"]["echo"]) == (3, 0)
    assert any("100% of the student's chains only say the prompt again" in said for said in warnings(figures))


def test_a_pack_in_another_script_than_the_questions_is_said_with_its_share() -> None:
    whole = {"asked": [], "teacher": [], "student": [], "auditor": []}
    han = {"text": "租赁期限最长为多少年？", "choices": ["十年", "二十年"], **whole}
    latin = {"text": "How long may a lease be?", "choices": [], **whole}
    method = METHOD.model_copy(update={"prompts": "medical"})
    figures = measure(report(), [han, han, han, latin], [], method)
    assert figures["scripts"] == {"Han": 0.75, "Latin": 0.25}
    assert figures["pack"] == {"name": "medical", "version": "8", "language": "en"}
    (said,) = warnings(figures)
    assert said.startswith("75% of the questions are written in Han, the pack `medical` asks in English")
    assert "`medical_zh`" in said
    chinese = method.model_copy(update={"prompts": "medical_zh"})
    assert warnings(measure(report(), [han] * 10, [], chinese)) == []


def asked_case(answer: str | None, first: str | None, second: str | None) -> dict[str, Any]:
    """A case of four options with one student chain, what could be read of it, and what a reader said."""
    chain = {"text": "x", "thoughts": "", "answer": answer, "finish_reason": "stop", "tokens": 5, "read_by": "tag"}
    asked = [{"role": "student", "chain": 0, "first": first, "second": second}]
    return {"choices": list("wxyz"), "asked": asked, "teacher": [], "student": [chain], "auditor": []}


def test_a_reader_is_trusted_only_where_it_says_what_could_be_read(tmp_path: Path) -> None:
    method = METHOD.model_copy(update={"ask_unread": "measure"})
    others = [asked_case("B", "C", "C"), asked_case("B", "A", "D"), asked_case(None, "A", "A")]
    good = [asked_case("B", "B", "B")] * 9 + others
    found = asked_about(good, "student", method)
    assert (found["asked"], found["told"], found["compared"], found["accord"]) == (12, 11, 10, 0.9)
    assert found["used"] is True
    # Always the option shown first: another one in each order, so that nothing it says counts.
    biased = asked_about([asked_case("B", "C", "B")] * 12, "student", method)
    assert (biased["told"], biased["first_option"], biased["used"]) == (0, 1.0, False)
    wrong = asked_about([asked_case("B", "D", "D")] * 12, "student", method)
    assert (wrong["accord"], wrong["used"]) == (0.0, False)
    few = asked_about(good[:9], "student", method)
    assert few["used"] is False, "nine chains are too few to know"


def test_the_projection_lies_between_two_ends_that_close_with_the_sample(tmp_path: Path) -> None:
    wide = project(report(), priced(), [50, 150] * 5)["range"]["completion_tokens"]
    narrow = project(report(), priced(), [50, 150] * 50)["range"]["completion_tokens"]
    assert wide[0] < narrow[0] < 60_000 < narrow[1] < wide[1]
    # Three of four atoms asked are distinct, and answering is a third of all tokens: 1/12 may be saved.
    assert project(report(), priced(), [100] * 10)["range"]["completion_tokens"] == [55_000, 60_000]


def test_what_trying_readers_cost_is_not_projected_for_all() -> None:
    tried = report()
    tried["gather"]["usage"]["teacher/read"] = SPENT
    assert project(tried, priced(), [])["completion_tokens"] == 60_000
    assert project(tried, priced(), [], to_ask=0.25)["completion_tokens"] == 65_000
    asked = {"teacher": {"asked": 30, "used": False}, "student": {"asked": 10, "used": True}}
    chains = {"teacher": {"stopped_unread": 9}, "student": {"stopped_unread": 6}}
    assert share_to_ask({"ask_unread": asked, "chains": chains}) == 6 / 40
    assert share_to_ask({"ask_unread": {}, "chains": chains}) == 0.0


def test_few_looked_at_of_many_still_say_what_they_are() -> None:
    """Texts of 2,000 cases are looked at, however many there are."""
    cut = {"text": "", "thoughts": "Rule 3", "answer": None, "finish_reason": "length", "tokens": 99, "read_by": None}
    case = {"choices": ["x", "y"], "asked": [], "teacher": [cut], "student": [], "auditor": []}
    many = report(teacher_chains=100_000, teacher_stopped=0, teacher_cut_off=100_000)
    said = warnings(measure(many, [case] * 3, [], METHOD))
    assert any("100% of the teacher's chains were cut off while it still thought" in line for line in said), said


def test_answers_without_reasoning_are_said_of_each_role() -> None:
    bare = {"text": "<answer>A</answer>", "thoughts": "", "answer": "A", "finish_reason": "stop", "tokens": 7}
    whole = {**bare, "text": "The lease ran out in May, so no rent was due, and it is A."}
    case = {"choices": ["x", "y"], "asked": [], "teacher": [bare, whole], "student": [whole, whole], "auditor": []}
    figures = measure(report(), [case] * 3, [], METHOD)
    assert (figures["chains"]["teacher"]["bare"], figures["chains"]["student"]["bare"]) == (3, 0)
    (said,) = warnings(figures)
    assert said.startswith("50% of the teacher's chains are an answer without reasoning") and "curriculum" in said
    (said,) = warnings(measure(report(), [{**case, "teacher": [whole], "student": [bare]}], [], METHOD))
    assert said.startswith("100% of the student's chains") and "curriculum" not in said


def test_a_run_asks_about_the_roles_that_its_pilot_found_readable(tmp_path: Path) -> None:
    config = scripted_config(tmp_path, write_questions(tmp_path / "q.jsonl", 4), "real")
    assert trusted_readers(config) == (), "no pilot, no asking"
    pilot = RunDir.of(pilot_config(config, 2)).root
    pilot.mkdir(parents=True)
    found = {"ask_unread": {"teacher": {"used": True}, "student": {"used": False}}, "asked_with": asked_with(config)}
    (pilot / "pilot.json").write_text(json.dumps(found))
    assert trusted_readers(config) == ("teacher",)
    assert pilot_config(config, 2).method.ask_unread == "measure"
    other = config.model_copy(update={"teacher": config.teacher.model_copy(update={"model": "another"})})
    assert trusted_readers(other) == (), "nobody has tried this teacher"


def test_what_a_later_pilot_finds_does_not_have_a_run_paid_for_again(tmp_path: Path) -> None:
    config = scripted_config(tmp_path, write_questions(tmp_path / "q.jsonl", 4), "real")
    run, said = RunDir.of(config), list[str]()
    assert with_trusted_readers(config, run, said.append).method.ask_unread == ()
    pilot = RunDir.of(pilot_config(config, 2)).root
    pilot.mkdir(parents=True)
    found = {"ask_unread": {"student": {"used": True}}, "asked_with": asked_with(config)}
    (pilot / "pilot.json").write_text(json.dumps(found))
    assert with_trusted_readers(config, run, said.append).method.ask_unread == ()
    assert len(said) == 1 and "chains of student, but this run was begun with nobody" in said[0]
    other = RunDir.of(config.model_copy(update={"name": "anew"}))
    assert with_trusted_readers(config, other, said.append).method.ask_unread == ("student",) and len(said) == 1


def test_the_pilot_has_a_run_of_its_own_and_a_sample_of_the_questions(tmp_path: Path, ray_here: None) -> None:
    config = scripted_config(tmp_path, write_questions(tmp_path / "q.jsonl", 40), "real")
    job = Job(pilot_config(config, 12), lambda line: None, allow_empty=True)
    with job.open():
        figures = run_pilot(job)
    assert (figures["questions"], figures["usable_questions"], figures["projected"]["questions"]) == (12, 40, 40)
    assert figures["read"]["diagnose"] == figures["read"]["verify"] == 1.0
    assert job.run.root.name == "real-pilot" and not (tmp_path / "real").exists()
    assert json.loads((job.run.root / "pilot.json").read_text()) == figures
    with pytest.raises(RunDirError, match="is what `dgrc pilot` made of a sample"):
        refuse_sample(job.run)
    shown = CliRunner().invoke(main, ["show", str(job.run.root), figures["examples"][0]])
    assert shown.exit_code == 0 and "teacher 0" in shown.stdout


def test_a_pilot_with_other_settings_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    first = pilot_config(scripted_config(tmp_path, write_questions(tmp_path / "q.jsonl", 4), "real"), 2)
    run = RunDir.of(first)
    with run.lock():
        run.claim(first)
        (run.root / "round-1").mkdir()
    clear_other(run, first)
    assert (run.root / "round-1").is_dir() and run.config_file.is_file(), "the same settings go on"
    clear_other(run, first.model_copy(update={"method": first.method.model_copy(update={"max_pairs": 1})}))
    assert [path.name for path in run.root.iterdir()] == [".lock"]
