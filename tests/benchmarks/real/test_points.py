"""What `benchmarks.real` decides itself: points, levels, equal tokens, intervals, the last line."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from benchmarks.real.__main__ import main, names_of
from benchmarks.real.bench import Bench, recipes
from benchmarks.real.cases import Told, outcome, pick
from benchmarks.real.curation import chains_for, of_all
from benchmarks.real.difficulty import Reply, choose, table, with_unseen
from benchmarks.real.domain import minutes, sizes
from benchmarks.real.evaluation import figures_of, read_rows, write_rows
from benchmarks.real.points import Points, listing, run_points
from benchmarks.real.settings import Settings
from benchmarks.real.statistics import best, difference, double_difference, over_questions, share
from benchmarks.real.summary import KEYS, checked, details, last_line, replies, write_replies
from dgrc.errors import ConfigError, DgrcError


def test_a_point_is_done_once_and_one_that_fails_is_done_again(tmp_path: Path) -> None:
    points, done, said = Points(tmp_path), list[str](), list[str]()

    def work(name: str, fails: bool = False) -> dict[str, Any]:
        done.append(name)
        if fails:
            raise DgrcError("killed in the middle")
        return {"found": name}

    with pytest.raises(DgrcError, match="killed"):
        run_points(points, [("a", lambda: work("a")), ("b", lambda: work("b", fails=True))], said.append)
    run_points(points, [("a", lambda: work("a")), ("b", lambda: work("b"))], said.append)
    assert done == ["a", "b", "b"]
    assert points.need("b")["found"] == "b" and points.need("a")["seconds"] >= 0 and "commit" in points.need("a")
    assert [line.split(",")[0].split(" done")[0] for line in said[-2:]] == ["point 2 of 2: b"] * 2
    with pytest.raises(DgrcError, match="`c` is not done yet"):
        points.need("c")
    assert "left" in listing(points, ["a", "c"])[1] and "1 of 2 points done" in listing(points, ["a", "c"])[2]


def test_a_point_that_writes_others_with_it_is_not_written_again(tmp_path: Path) -> None:
    points, calls = Points(tmp_path), list[str]()

    def both() -> None:
        calls.append("both")
        for name in ("one", "two"):
            points.write(name, {}, 3.0)

    run_points(points, [("one", both), ("two", both)], lambda line: None)
    assert calls == ["both"] and points.need("one")["seconds"] == 3.0


def pilot(*rates: tuple[int, float], templates: int = 8, each: int = 10) -> list[Reply]:
    """So many replies of each template of a level, the share of right ones as given."""
    return [
        Reply(f"t{template}-{level}", level, True, number < round(rate * each), False, 50)
        for level, rate in rates
        for template in range(templates)
        for number in range(each)
    ]


def test_levels_are_those_nearest_to_the_middle() -> None:
    chosen = choose(pilot((1, 0.9), (2, 0.6), (3, 0.2)), 8)
    assert (chosen.levels, chosen.by) == ((1, 2, 3), "levels")  # 0.567, of three levels; 0.6 of one is further off
    assert chosen.accuracy == pytest.approx(0.5667, abs=1e-3)
    assert choose(pilot((1, 0.5), (2, 0.0)), 8).levels == (1,)
    assert choose(pilot((1, 0.6), (2, 0.4)), 8).levels == (1, 2)


@pytest.mark.parametrize(("rate", "fits"), [(0.3, True), (0.7, True), (0.2, False), (0.8, False)])
def test_the_borders_belong_to_the_domain(rate: float, fits: bool) -> None:
    if fits:
        chosen = choose(pilot((1, rate)), 8)
        assert (chosen.accuracy, chosen.by) == (pytest.approx(rate), "levels")
    else:
        with pytest.raises(DgrcError, match="too hard" if rate < 0.5 else "too easy"):
            choose(pilot((1, rate)), 8)


def test_templates_are_left_out_where_no_levels_fit() -> None:
    hard = [Reply(f"hard{n}", 1, True, False, False, 9) for n in range(12) for _ in range(20)]
    fair = [Reply(f"fair{n}", 1, True, k < 9, False, 9) for n in range(8) for k in range(20)]
    chosen = choose([*hard, *fair], 8)
    assert chosen.by == "templates" and set(chosen.templates) >= {reply.template for reply in fair}
    assert 0.3 <= chosen.accuracy <= 0.7


def test_held_out_templates_are_as_hard_as_those_that_are_trained_on() -> None:
    others = [Reply(f"new{n}", 1, True, k < 2 * n, False, 9) for n in range(7) for k in range(20)]
    by_level = with_unseen(choose(pilot((1, 0.5)), 8), others)
    assert by_level.unseen == tuple(f"new{n}" for n in range(7)), "all of the levels, where levels were chosen"
    hard = [Reply(f"hard{n}", 1, True, False, False, 9) for n in range(12) for _ in range(20)]
    fair = [Reply(f"fair{n}", 1, True, k < 9, False, 9) for n in range(8) for k in range(20)]
    found = with_unseen(choose([*hard, *fair], 8), others[:100])  # of new0 to new4: 0.03 to 0.37, the mean is 0.2
    assert found.by == "templates" and found.unseen == ("new1", "new2", "new3", "new4"), "four at least stay"
    assert with_unseen(found, others).unseen == tuple(f"new{n}" for n in range(7)), "their mean is 0.3"
    assert with_unseen(found, []).unseen == ()


def test_too_few_templates_and_a_teacher_that_reads_nothing_are_said() -> None:
    with pytest.raises(DgrcError, match="has 7 training templates"):
        choose(pilot((1, 0.5), templates=7), 8)
    unread = [Reply("t", 1, False, False, True, 9)] * 20
    with pytest.raises(DgrcError, match=r"0% could be read.*100% are right read leniently"):
        choose(unread, 1)
    with pytest.raises(DgrcError, match="no reply"):
        choose([], 1)
    assert table(unread, "level") == {"1": {"n": 20, "read": 0.0, "right": 0.0, "lenient": 1.0}}


def test_equal_tokens_are_never_fewer() -> None:
    assert chains_for(1000, 100) == 10 and chains_for(1001, 100) == 11 and chains_for(10, 100) == 1


def test_intervals_against_hand_numbers() -> None:
    # Differences 1, 0, 0, -1, 1 (n = 5): mean 0.2, sd 0.8367, half 2.776 * 0.8367 / sqrt(5) = 1.0387.
    assert over_questions([1, 0, 0, -1, 1]) == {"mean": 0.2, "low": -0.8387, "high": 1.2387}
    # 40 values: Student's t of 39 degrees at 97.5 % is 2.0227.
    values = [0.0, 1.0] * 20
    half = 2.0227 * math.sqrt(10 / 39) / math.sqrt(40)
    assert over_questions(values)["high"] == pytest.approx(0.5 + half, abs=2e-4)
    assert over_questions([]) == {"mean": None, "low": None, "high": None}
    assert over_questions([0.5]) == {"mean": 0.5, "low": None, "high": None}
    # Nothing varies: z^2 / (n + z^2) = 3.8415 / 13.8415.
    assert over_questions([0.0] * 10) == {"mean": 0.0, "low": -0.2775, "high": 0.2775}
    assert share([{str(n): False for n in range(10)}]) == {"mean": 0.0, "low": 0.0, "high": 0.2775}


def test_seeds_are_averaged_within_a_question() -> None:
    ours = [{"a": True, "b": True}, {"a": True, "b": False}]
    theirs = [{"a": False, "b": True}]
    # a: 1 - 0; b: 0.5 - 1. Mean 0.25, sd 1.0607, half 12.706 * 1.0607 / sqrt(2) = 9.5295.
    assert difference(ours, theirs) == {"mean": 0.25, "low": -9.2795, "high": 9.7795}
    assert share(ours)["mean"] == 0.75
    assert best({"x": ours, "y": theirs, "none": []}) == "x" and best({}) is None
    # Read: 0.75 now, 0 before; without the form 0.5 now, 0.5 before: all of the gain is form.
    plain = [{"a": True, "b": False}]
    assert double_difference(ours, plain, {"a": False, "b": False}, {"a": True, "b": False})["mean"] == 0.75


def row(number: int, part: str, right: bool, level: int = 1, lenient_: bool | None = None) -> dict[str, Any]:
    return {
        "id": str(number), "part": part, "level": level, "template": "t", "question": "q", "truth": "1", "read": True,
        "right": right, "lenient": right if lenient_ is None else lenient_, "answer": "1", "read_by": "tag",
        "finish": "stop", "tokens": 5, "text": "It is 1.",
    }  # fmt: skip


def made(tmp_path: Path, seeds: tuple[int, ...] = (0, 1), replay: tuple[str, ...] = ()) -> Bench:
    """An experiment with all models evaluated: DGRC has 3 of 4 right, distill 2, the others and the base 1. Beside the
    domain DGRC has 1 of 3 right, all others 2."""
    settings = Settings(tmp_path, "teacher", "student", 4, 2, 2, seeds, replay=replay)
    bench = Bench(settings, Points(tmp_path), lambda line: None)
    names = ["base", "teacher", *(f"{recipe}-{seed}" for recipe in recipes(settings) for seed in seeds)]
    for name in names:
        count = {"dgrc": 3, "distill": 2}.get(name.rpartition("-")[0], 1)
        rows = [row(n, "numbers" if n < 2 else "templates", n < count, 1 + n % 2) for n in range(4)]
        known = 1 if name.startswith("dgrc-") else 2
        likeliest = [{"id": str(n), "part": "mmlu", "likeliest": "A", "right": n < known} for n in range(3)]
        write_rows(bench.replies(name), [*rows, *likeliest])
        bench.points.write(f"evaluate-{name}", figures_of([*rows, *likeliest]), 1.0)
    return bench


def test_the_last_line_has_its_keys_and_null_where_nothing_is_done(tmp_path: Path) -> None:
    empty = Bench(Settings(tmp_path / "none", "t", "s", 4, 2, 2, (0,)), Points(tmp_path / "none"), lambda line: None)
    line = last_line(empty, details(replies(empty), (0,)))
    assert tuple(line) == KEYS and set(line.values()) == {None}

    bench = made(tmp_path)
    bench.points.write("curate", {"tokens_a_question": 1234.5}, 1.0)
    shares = {name: {"share": 0.5} for name in KEYS[:3]} | {"verifier_recall": None}
    bench.points.write("premise", {"figures": shares, "read_share_of_stopped": 0.9}, 1.0)
    found = details(replies(bench), (0, 1))
    line = last_line(bench, found)
    assert tuple(line) == KEYS
    assert line["students"]["dgrc"]["mean"] == 0.75 and line["students"]["distill"]["mean"] == 0.5
    assert line["difference_to_best_baseline"]["mean"] == 0.25
    assert line["forgetting"]["mean"] == pytest.approx(1 / 3, abs=1e-4)
    assert (line["form_gain"]["mean"], line["read_share"], line["tokens_a_question"]) == (0.0, 0.9, 1234.5)
    assert (line["teacher_chain_accuracy"], line["verifier_recall"]) == (0.5, None)
    whole = found["groups"]["all"]["as_read"]
    assert (whole["best_baseline"], whole["difference_by_seed"], whole["questions"]) == ("distill", [0.25, 0.25], 4)
    assert set(found["groups"]) == {"all", "numbers", "templates", "level 1", "level 2"}
    assert found["groups"]["templates"]["as_read"]["difference"]["mean"] == 0.5


def test_half_of_the_replies_to_check_are_called_right(tmp_path: Path) -> None:
    bench = made(tmp_path)
    rows = read_rows(write_replies(bench, 10))
    assert len(rows) == 10 and sum(each["lenient"] for each in rows) == 5 and next(iter(rows[0])) == "hand"
    assert checked(bench) is None
    write_rows(tmp_path / "checked.jsonl", [{**each, "hand": each["lenient"]} for each in rows])
    assert checked(bench) == {
        "replies": 10, "called_right": 5, "of_these_right": 5, "called_wrong": 5, "of_these_right_after_all": 0,
    }  # fmt: skip


def test_the_three_cases_are_picked_by_rule() -> None:
    told = [
        Told(1, "passed right", True, 5, {"n": 1}), Told(2, "passed right", False, 1, {"n": 2}),
        Told(3, "rejected right", True, 0, {"n": 3}), Told(4, "passed wrong", True, 0, {"n": 4}),
        Told(5, "agreeing, no verdict", True, 0, {"n": 5}), Told(6, "agreeing, no verdict", True, 0, {"n": 6}),
    ]  # fmt: skip
    assert {name: case["n"] for name, case in pick(told).items()} == {"best": 2, "typical": 6, "went_wrong": 4}
    assert pick([]) == {}
    assert outcome("divergent", [True, False], []) == "passed wrong"
    assert outcome("divergent", [True], []) == "passed right"
    assert outcome("divergent", [], [False]) == "rejected wrong" and outcome("failed", [], []) == "failed, no verdict"


FIGURES = {
    "teacher": {"tokens_a_chain": 100.0, "tokens_per_second": 100.0},
    "student": {"tokens_a_chain": 100.0, "tokens_per_second": 200.0},
}


def test_sizes_that_fit_are_said_in_proportion(tmp_path: Path) -> None:
    settings = Settings(tmp_path, "t", "s", 400, 150, 60, (0,))
    whole, none = (minutes(FIGURES, settings, 2, *size) for size in ((400, 150), (0, 0)))
    assert whole > none > 0
    half = sizes(FIGURES, settings, (whole + none) / 2)
    assert "--questions 200 --held-out 75" in half[1]
    assert "too few for any size" in sizes(FIGURES, settings, none / 2)[1]


def test_shares_of_two_roles_are_put_together() -> None:
    assert of_all({"teacher": {"hits": 3, "n": 4}, "student": {"hits": 0, "n": 2}}) == 0.5
    assert of_all({"teacher": None}) is None


def test_a_folder_keeps_to_the_settings_it_was_begun_with(tmp_path: Path) -> None:
    Settings(tmp_path, "t", "s", 4, 2, 2, (0,)).claim()
    Settings(tmp_path, "t", "s", 4, 2, 2, (0, 1)).claim()
    with pytest.raises(ConfigError, match="`questions` was 4, is 5"):
        Settings(tmp_path, "t", "s", 5, 2, 2, (0,)).claim()
    said = json.loads((tmp_path / "settings.json").read_text())
    before = {key: value for key, value in said.items() if "replay" not in key}  # of a build that knew of none
    (tmp_path / "settings.json").write_text(json.dumps(before))
    Settings(tmp_path, "t", "s", 4, 2, 2, (0, 1)).claim()
    Settings(tmp_path, "t", "s", 4, 2, 2, (0, 1), replay=("a.jsonl",), replay_share=0.2).claim()  # may come later
    with pytest.raises(ConfigError, match=r"`replay_share` was 0.2, is 0.1"):
        Settings(tmp_path, "t", "s", 4, 2, 2, (0, 1), replay=("a.jsonl",)).claim()


def test_bad_input_is_said_before_anything_starts(tmp_path: Path) -> None:
    model = tmp_path / "model"
    model.mkdir()
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"question": "Which?", "choices": ["a", "b"]}\n')

    def said(*arguments: str) -> str:
        result = CliRunner().invoke(main, ["--out", str(tmp_path / "out"), *arguments])
        assert result.exit_code == 2, result.output
        return result.output

    pair = ("--teacher", str(model), "--student", str(model))
    assert "no model folder" in said(*pair)
    (model / "config.json").write_text("{}")
    (model / "model.safetensors").write_text("")
    assert "There is no point 'trian'" in said(*pair, "--only", "trian")
    assert "the label is missing" in said(*pair, "--benchmark", f"plain={rows}")
    assert "there is no form 'mmul'" in said(*pair, "--benchmark", f"mmul={rows}")
    assert "not of the form NAME=VALUE" in said(*pair, "--benchmark", "plain")
    assert "no list of whole numbers" in said(*pair, "--seeds", "0,x")
    assert "training.replay.files" in (refused := said(*pair, "--replay", str(rows))) and "rows.jsonl:1" in refused
    rows.write_text('{"question": "Which?", "label": "a"}\n')
    assert "no question has options" in said(*pair, "--benchmark", f"plain={rows}")
    assert not (tmp_path / "out").exists()


def test_what_is_left_is_listed_with_the_last_line(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["--teacher", "t", "--student", "s", "--out", str(tmp_path / "x"), "--list"])
    assert result.exit_code == 0 and tuple(json.loads(result.stdout)) == KEYS
    points = len(names_of(Settings(tmp_path, "t", "s", 4, 2, 2, (0, 1))))
    assert f"0 of {points} points done" in result.stderr
