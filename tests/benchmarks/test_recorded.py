"""Recorded runs: found by the form of their rows, held against our readers, guards and screens, and no text told on."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks.recorded.__main__ import main, measure
from benchmarks.recorded.chains import tagged_letter
from benchmarks.recorded.forms import kind_of, read_folder
from benchmarks.recorded.run import assemble, shown_question
from dgrc.errors import QuestionFileError

HOW = "Reason first. Reply as <think> ... </think><answer> a letter </answer>"
TEA = f"Which leaf is oxidised before it is dried?\nA. White tea\nB. Black tea\nC. Green tea\nD. Yellow tea\n{HOW}"
SALT = f"Which salt makes an amber flame green?\nA. Copper chloride\nB. Table salt\nC. Chalk\nD. Epsom salt\n{HOW}"
TEACHER = {"q1": "<think>Black tea leaves are oxidised.</think><answer>B</answer>",
           "q2": "<think>Copper burns green.</think><answer>A</answer>"}  # fmt: skip
STUDENT = {
    "q1": ["<think>Green tea is steamed and oxidised.</think><answer>C</answer>",
           "<think>Oxidised leaves are black.</think> The answer is B.",
           "<think>White tea is oxidised.</think><answer>A</answer>"],
    "q2": ["<think>Copper.</think><answer> a </answer>"],
}  # fmt: skip
ATOMS = ("Is black tea oxidised before the leaves are dried?", "Is green tea oxidised before the leaves are dried?")
OTHER_ATOMS = ("Is black tea oxidised before its leaves are dried?", "Name the author of the oldest Dutch sea chart?")
LATER = ("Is black tea oxidised before the leaves are dried?",)


def answers(*said: str) -> dict[str, str]:
    return {f"number {n}": f"<think>Known.</think><answer>{text}</answer>" for n, text in enumerate(said, 1)}


def case(id_: str, problem: str, label: str, pairs: list[dict[str, object]]) -> dict[str, object]:
    whole = {"id": id_, "problem": problem, "label": label, "teacher": [TEACHER[id_]], "student": STUDENT[id_]}
    return whole | {"diff_pair": pairs}


def pair(student: int, **more: object) -> dict[str, object]:
    return {"tid": 0, "sid": student, "t": TEACHER["q1"], "s": STUDENT["q1"][student], **more}


def scored(number: int, question: str, ifd: float, vector: list[float], **more: object) -> dict[str, object]:
    reply = f"<think>Known.</think><answer>{'No' if 'green' in question else 'Yes'}</answer>"
    problem = f"{question}\n{HOW}"
    return {"id": f"q1-{number}", "from": "q1", "problem": problem, "answer": reply, "ifd": ifd, "embedding": vector,
            **more}  # fmt: skip


def lesson(id_: str, asked: str, said: str) -> dict[str, object]:
    return {"id": id_, "conversations": [{"from": "human", "value": asked}, {"from": "gpt", "value": said}]}


def write(folder: Path, name: str, rows: object) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = "\n".join(map(json.dumps, rows)) if name.endswith("l") and isinstance(rows, list) else json.dumps(rows)
    path.write_text(lines + "\n", encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A whole run, in files whose names say nothing."""
    first = [pair(0, atom_questions=list(ATOMS)), pair(2, atom_questions=list(OTHER_ATOMS))]
    full = [first[0] | {"atom_answers": answers("Yes", "No")}, first[1]]
    write(tmp_path, "a.json", {"q1": case("q1", TEA, "B", [pair(0), pair(2)]), "q2": case("q2", SALT, "B", [])})
    write(tmp_path, "x/b.json", {"q1": case("q1", TEA, "B", full), "q2": case("q2", SALT, "B", [])})
    alone = {key: value for key, value in first[1].items() if key not in ("t", "s")}
    write(tmp_path, "c.jsonl", [{"id": "q1", "problem": TEA, **alone, "atom_answers": answers("No", "Nobody knows")}])
    wide = [scored(1, ATOMS[0], 0.5, [1, 0]), scored(2, ATOMS[1], 0.6, [0, 1]), scored(3, OTHER_ATOMS[0], 0.7, [1, 0]),
            scored(4, OTHER_ATOMS[1], 1.4, [1, 1])]  # fmt: skip
    write(tmp_path, "d.jsonl", wide)
    write(tmp_path, "e.jsonl", [row | {"llm_judge_score": score} for row, score in zip(wide[:2], (14, 9), strict=True)])
    write(tmp_path, "f.jsonl", [lesson("q1-1", f"{ATOMS[0]}\n{HOW}", "Yes")])
    write(tmp_path, "g.jsonl", [lesson("q1", TEA, TEACHER["q1"]), lesson("q2", SALT, TEACHER["q2"])])
    write(tmp_path, "questions.json", [lesson("q1", TEA, "<answer>B</answer>"), lesson("q9", SALT, "A")])
    return tmp_path


def test_a_whole_run_is_held_against_ours(folder: Path) -> None:
    figures = measure(read_folder(folder), "general")
    student = figures["reading"]["student"]  # type: ignore[index]
    assert (student["chains"], student["ours"], student["theirs"], student["difference"]) == (4, 4, 3, 1)
    assert student["tiers"] == {"tag": 3, "phrase": 1} and student["look_at"] == ["q1/student/1"]
    assert (student["only_ours"], student["right_ours"], student["right_theirs"]) == (1, 1, 0)
    assert figures["divergences"] == {
        "pairs": 4, "ours": 2, "questions_ours": 1, "statuses": {"divergent": 1, "agreeing": 1}, "diagnosed_by_us": 2,
        "theirs": 2, "difference": 0, "both": 2, "only_ours": [], "only_theirs": [], "questions_theirs": 1,
    }  # fmt: skip
    asked = figures["atoms"]
    assert (asked["asked"], asked["ours"], asked["refused"]["off_topic"]) == (4, 3, 1)  # type: ignore[index]
    assert figures["answers"] == {"answers": 4, "ours": 4, "theirs": 4, "echo": 0, "difference": 0}
    assert figures["near_duplicates"] == {
        "atoms": 4, "same_words": 4, "words_within_a_question": 3, "words_across": 3, "vectors_within_a_question": 2,
        "theirs": 2, "difference": 0,
    }  # fmt: skip
    words = figures["contradictions"]["words"]  # type: ignore[index]
    assert (words["clusters"], words["dropped"], words["pairs_of_yes_and_no"], words["difference"]) == (1, 1, 1, 1)
    vectors = figures["contradictions"]["vectors"]  # type: ignore[index]
    assert (vectors["clusters"], vectors["dropped"], vectors["pairs_that_mean_the_same"]) == (1, 0, 1)
    assert figures["screens"] == {
        "scored": 4, "ifd_read": 4, "ifd_in_range": 3, "judged": 2, "scores_read": 2, "scores_passing": 1,
        "scores_at_most": 1, "taught": 1, "difference": 0,
    }  # fmt: skip
    verification = figures["verification"]
    assert verification == {
        "divergent": 1, "unchecked_ours": 0, "facts_that_speak_median": 3, "unchecked_theirs": 0,
        "difference_unchecked": 0, "verified": 1, "rejected": 0, "unverified_kept": 1, "verified_labeled": 1,
        "rejected_labeled": 0, "unverified_kept_labeled": 1, "verified_right": 1, "rejected_right": 0,
        "unverified_kept_right": 0, "unverified_kept_ours": 0, "difference_unverified": -1,
    }  # fmt: skip
    assert len(figures["notes"]) == 1  # type: ignore[arg-type]


def test_a_chain_that_they_rejected_is_counted_by_its_label(folder: Path) -> None:
    write(folder, "g.jsonl", [lesson("q2", SALT, TEACHER["q2"])])
    found = measure(read_folder(folder), "general")["verification"]
    assert (found["verified"], found["rejected"], found["rejected_right"]) == (0, 1, 1)  # type: ignore[index]


def test_the_command_ends_in_one_line_of_json_and_tells_no_text(folder: Path) -> None:
    result = CliRunner().invoke(main, [str(folder)])
    assert result.exit_code == 0
    last = json.loads(result.stdout.splitlines()[-1])
    assert last["questions"] == 2 and last["pack"] == "medical" and last["files"] == 8
    assert "x/b.json: 2 case" in result.stdout
    assert not any(text in result.stdout for text in ("Black tea", "oxidised", "Copper", "Nobody"))


def test_broken_files_cost_only_themselves(folder: Path) -> None:
    whole = measure(read_folder(folder), "general")
    (folder / "cut.json").write_text('{"q1": {"id": "q1", "prob', encoding="utf-8")
    (folder / "deep.json").write_text("[" * 200_000, encoding="utf-8")
    (folder / "latin.jsonl").write_bytes(b'{"id": "\xe9", "from": "q1"}\n')
    (folder / "numbers.json").write_text("7", encoding="utf-8")
    (folder / "empty.jsonl").write_text("", encoding="utf-8")
    write(folder, "odd.jsonl", [
        {"id": 3, "tid": "0", "sid": True, "atom_questions": "none"}, {"id": "q1", "problem": TEA, "teacher": "x"},
        {"id": "q1", "conversations": [1, None]},
        {"id": "q1", "conversations": "x", "model_predictions": {"output": 2}},
    ])  # fmt: skip
    (folder / ".git").mkdir()
    (folder / ".git" / "h.json").write_text("{", encoding="utf-8")
    (folder / "run.pkl").write_bytes(b"cos\nsystem\n")
    rows = read_folder(folder)
    seen = {file.name: file for file in rows.files}
    assert {name for name, file in seen.items() if file.error} == {"cut.json", "deep.json", "numbers.json"}
    assert seen["latin.jsonl"].broken == 1 and seen["odd.jsonl"].other == 4 and len(seen) == 14
    found = measure(rows, "general")
    assert found["rows_broken"] == 1 and found["files_broken"] == ["cut.json", "deep.json", "numbers.json"]
    parts = ("reading", "divergences", "atoms", "near_duplicates", "screens", "verification")
    assert all(found[part] == whole[part] for part in parts)


def test_odd_values_inside_good_rows_are_left_out(tmp_path: Path) -> None:
    odd = case("q1", TEA, "the second", [pair(0), {"tid": 0, "sid": 9}, {"tid": None}, 5])  # type: ignore[list-item]
    write(tmp_path, "a.json", {"q1": odd})
    write(tmp_path, "b.jsonl", [
        scored(1, ATOMS[0], 0.5, [1, 0], llm_judge_score=15), scored(2, ATOMS[1], 0.5, [1, 0, 0], llm_judge_score="14"),
        scored(3, ATOMS[1], True, [], llm_judge_score=True), scored(4, ATOMS[0], 0.9, [0, 0], llm_judge_score=13),
    ])  # fmt: skip
    figures = measure(read_folder(tmp_path), "general")
    assert figures["screens"]["judged"] == 4 and figures["screens"]["scores_read"] == 1  # type: ignore[index]
    assert figures["screens"]["ifd_read"] == 3  # type: ignore[index]
    assert figures["reading"]["teacher"]["labeled"] == 0  # type: ignore[index]
    assert figures["divergences"]["theirs"] == 1  # type: ignore[index]
    assert "vectors_within_a_question" not in figures["near_duplicates"]  # type: ignore[operator]
    assert "1 pairs of question q1 name chains that are not there" in figures["notes"]  # type: ignore[operator]


def test_chains_alone_are_read_and_what_is_missing_is_said(tmp_path: Path) -> None:
    for name, said in (("teacher-x", [TEACHER["q1"]]), ("student-of-teacher-x", STUDENT["q1"]), ("other", ["B"])):
        rows = [lesson("q1", TEA, "<answer>B</answer>") | {"model_predictions": {"output": text}} for text in said]
        write(tmp_path, f"{name}/r.jsonl", rows)
    run = assemble(read_folder(tmp_path))
    (only,) = run.cases
    assert (only.label, len(only.teacher), len(only.student), only.choices[1]) == ("B", 1, 3, "Black tea")
    figures = measure(read_folder(tmp_path), "general")
    assert figures["divergences"]["ours"] == 2 and "theirs" not in figures["divergences"]  # type: ignore[index,operator]
    assert "verified" not in figures["verification"]  # type: ignore[operator]
    said_of = " ".join(run.notes)
    assert "1 chains are left out" in said_of and "not there, so left out: scored atoms" in said_of


def test_a_second_run_of_the_same_questions_is_said_and_left_out(folder: Path) -> None:
    write(folder, "z.json", {"q1": case("q1", TEA, "B", []) | {"teacher": ["<answer>A</answer>"]}})
    run = assemble(read_folder(folder))
    assert run.cases[0].teacher == (TEACHER["q1"],) and any("other chains" in note for note in run.notes)


@pytest.mark.parametrize("there", ["nothing", "others", "no folder"])
def test_a_folder_with_nothing_of_the_kind_is_refused_with_what_was_looked_for(tmp_path: Path, there: str) -> None:
    place = tmp_path / "here"
    if there != "no folder":
        place.mkdir()
    if there == "others":
        write(place, "questions.json", [lesson("q1", TEA, "B")])
        (place / "cut.json").write_text("[", encoding="utf-8")
    with pytest.raises(QuestionFileError) as e:
        read_folder(place)
    assert ("is no folder" if there == "no folder" else "`problem`, `teacher` and `student`") in str(e.value)
    assert ("cut.json" in str(e.value)) == (there == "others")
    result = CliRunner().invoke(main, [str(place)])
    assert result.exit_code == 2 and "Error: " in result.stderr and not result.stdout


def test_the_rule_of_the_authors_is_the_letter_alone_in_the_first_tags() -> None:
    said = ["<answer> c </answer>", "<answer>B", "<answer>A</answer><answer>B</answer>", "<answer>C. Chalk</answer>",
            "the answer is B", "<answer>E</answer>"]  # fmt: skip
    assert [tagged_letter(text, 4) for text in said] == ["C", "B", "A", None, None, None]
    assert tagged_letter(said[-1], 5) == "E"


def test_how_to_reply_is_no_part_of_an_atom() -> None:
    assert shown_question(f"{ATOMS[0]}\n{HOW}") == ATOMS[0] == shown_question(ATOMS[0])
    assert shown_question("Is <answer> a tag?") == "Is <answer> a tag?"


def test_a_row_that_fits_two_kinds_is_the_fuller_one() -> None:
    assert kind_of({"id": "q1", **lesson("q1", TEA, "x"), "model_predictions": {"output": "B"}}) == "chain"
    assert kind_of({**case("q1", TEA, "B", []), "from": "q1", "answer": "x"}) == "case"
    assert kind_of({"id": "q1"}) is None
