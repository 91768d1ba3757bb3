"""The recipe of `benchmarks.real` that replays chats: what it trains on, and what is said of its effect."""

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.real import students
from benchmarks.real.__main__ import names_of
from benchmarks.real.bench import RECIPES, REPLAYED, Bench
from benchmarks.real.points import Points
from benchmarks.real.settings import Settings
from benchmarks.real.summary import details, last_line, replies
from dgrc.training.data.stages import Budget
from dgrc.training.run.course import TrainResult
from tests.benchmarks.real.test_points import made


def test_replayed_chats_are_one_more_recipe_whose_effect_is_said(tmp_path: Path) -> None:
    without, with_ = made(tmp_path / "without"), made(tmp_path / "with", replay=("chats.jsonl",))
    assert without.recipes == RECIPES and with_.recipes == (*RECIPES, REPLAYED)
    assert set(names_of(with_.settings)) - set(names_of(without.settings)) == {
        f"{what}-{REPLAYED}-{seed}" for what in ("train", "evaluate") for seed in (0, 1)
    }
    assert details(replies(without), (0, 1))["replay"] == {}
    found = details(replies(with_), (0, 1))
    # On the domain 1 of 4 instead of 3; beside it 2 of 3 instead of 1, as many as the base.
    assert [found["replay"][name]["mean"] for name in ("domain", "beside")] == [-0.5, pytest.approx(1 / 3, abs=1e-4)]
    lost = found["harm"]["all"]["lost"]
    assert (lost["dgrc"]["mean"], lost[REPLAYED]["mean"]) == (pytest.approx(1 / 3, abs=1e-4), 0.0)
    assert last_line(with_, found)["students"][REPLAYED]["mean"] == 0.25
    assert found["groups"]["all"]["as_read"]["best_baseline"] == "distill", "it is none of the baselines"


def chats(folder: Path) -> Path:
    file = folder / "chats.jsonl"
    said = [{"role": "user", "content": "Hello?"}, {"role": "assistant", "content": "Good day."}]
    file.write_text(json.dumps({"messages": said}) + "\n")
    return file


def test_a_student_that_replays_is_dgrcs_with_chats_among_its_visits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(tmp_path, "t", "s", 4, 2, 2, (0,), replay=(str(chats(tmp_path)),), replay_share=0.25)
    bench = Bench(settings, Points(tmp_path), lambda line: None)
    folder = bench.run.curriculum()
    for kind in students.KINDS:
        (folder / kind).mkdir(parents=True)
        (folder / kind / "train.jsonl").write_text("{}\n")
    bench.points.write("curate", {}, 1.0)
    bench.points.write("train-dgrc-0", {"visits": 80, "steps": 10}, 1.0)
    called: list[tuple[Any, ...]] = []

    def launch(config: Any, courses: Any, *, budget: Any, replayed: Any, **_: Any) -> dict[str, TrainResult]:
        called.append((config.replayed, courses[0].name, courses[0].atoms, budget, len(list(replayed))))
        return {courses[0].name: TrainResult("o", 10, 80, 9, 0, None, (2.0, 1.0), replayed=20, own_examples=1)}

    monkeypatch.setattr(students, "launch", launch)
    monkeypatch.setattr(students, "ray_session", lambda *_: contextlib.nullcontext())
    figures = students.train(bench, REPLAYED, 0)
    (replay, name, atoms, budget, there), = called
    assert (replay.share, replay.earlier, name, there) == (0.25, 0.2, REPLAYED, 1)
    assert atoms == str(folder / "atomic") and budget == Budget(80, 10), "at equal visits, of the same curriculum"
    assert (figures["replayed_visits"], figures["replayed_examples"], figures["visits"]) == (20, 1, 80)
    students.train(bench, "dgrc", 0)
    assert called[1][0].files == () and called[1][4] == 0
