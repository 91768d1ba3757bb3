"""docs/performance.md says what the records say, and what there is no record of."""

from pathlib import Path

import pytest

from benchmarks.performance.__main__ import COMMANDS, NAMES, plot, records, render
from tests.paths import ROOT


def test_the_page_is_what_the_records_give() -> None:
    page = (ROOT / "docs" / "performance.md").read_text()
    assert page == render(records()), "run `python -m benchmarks.performance`"


def test_what_has_no_record_is_named_and_nothing_else_is_said_of_it() -> None:
    found = records()
    page = render({name: record for name, record in found.items() if name != "train"})
    assert "- `python -m benchmarks.train`" in page
    assert "## Training" not in page
    empty = render({})
    assert all(f"- `python -m benchmarks.{COMMANDS.get(name, name)}`" in empty for name in NAMES)


def test_a_record_of_a_corpus_is_rendered_with_and_without_its_memory() -> None:
    who = {"driver": 1.5, "replicas": 0.0, "workers": 150.25, "ray": 2.0}
    timed = {
        "mb": 1000.4, "seconds": 90.0, "start_seconds": 9.0, "cpu_seconds": who, "cut": {"documents": 12345},
        "score": {"planted_passages": 4321, "planted_leaks": 77, "passages": 800_000, "removed": 9_000},
        "bytes_a_passage": {"keys": 528.0}, "questions_per_second": 51.5,
    }  # fmt: skip
    record = {
        "command": "c", "date": "d", "made_with": {"cores": 2, "cpu": "x", "memory_gib": 24.0, "commit": "y"},
        "mb_per_second_per_core": 5.56, "duplicate_recall": 0.97, "duplicate_precision": 1.0, "lost": 0, "doubled": 0,
        "contamination_recall": 0.99, "contamination_precision": 1.0, "timed": timed,
        "minhash": {"permutations": 128, "bands": 32, "words_in_a_row": 5},
        "memory": [{"mb": 100.0, "peak_mb": who}, {"mb": 400.0, "peak_mb": who}],
    }  # fmt: skip
    page = render({"questions": record})
    for said in ("5.56 MB/s a core", "driver 1.5, workers 150.2, ray 2.0.", "| 400 | 1.5 | 150.25 |", "Of 809,000",
                 "keys 528.0.", "51.5 a second"):  # fmt: skip
        assert said in page
    without = render({"questions": {**record, "memory": []}})
    assert "largest worker" not in without and "5.56" in without


def test_a_record_of_measures_is_rendered() -> None:
    made = {"cores": 2, "cpu": "x", "memory_gib": 24.0, "commit": "y"}
    part = {"answers": 26, "median_us": 2.5, "median_us_before": 1.9, "ratio_of_medians": 1.3, "ratio": 0.95}
    record = {"command": "c", "date": "d", "made_with": made, "rounds": 200, "before": "z", "load_average": 1.25}
    page = render({"quantities": {**record, "without_unit": part, "with_unit": {**part, "median_us": 46.5}}})
    assert "| 26 without a unit | 2.5 | 1.9 | 1.3 | 0.95 |" in page and "| 26 with a unit | 46.5 |" in page


def test_a_record_of_real_weights_is_rendered_whatever_parts_it_has() -> None:
    made = {"cores": 2, "cpu": "x", "memory_gib": 24.0, "commit": "y"}
    kinds = {"driver": 0.5, "workers": 1.25, "ray": 0.1, "replicas": 3.0}
    own = {"model": "m", "n": 4, "sequences": 64, "max_tokens": 48, "questions": "written"}
    parts = {
        "ratio": {
            "ratio": 0.98, "low": 0.96, "high": 1.0, "turns": 7, "with_start_and_end": {"mean": 0.8},
            "tokens_per_second": {"ours": [310.0, 330.0], "theirs": [320.0, 340.0]},
        },
        "cpu": {
            "cpu_ms_a_request": 1.85, "cpu_ms_a_second": 12.5, "cpu_ms_a_request_of": kinds,
            "idle_cpu_ms_a_second": 52.0, "requests_per_second": {"a": 4.9, "b": 39.5},
        },
        "prefix": {
            "prefix_share": {"sample": {"got": 0.7, "could": 0.75, "of": 0.93, "tokens": 9000}}, "block": 32,
            "replicas": 1,
        },
        "ngram": {"ratio": None, "same": None, "error": "ImportError: numba"},
        "tail": {"tails": {"100": {"share": 0.2, "drain": 0.1, "mean": 55.5, "seconds": 80.0, "tokens_a_sample": 66}}},
    }  # fmt: skip
    record = {"command": "c", "date": "d", "made_with": made, **own}
    page = render({"inference_real": {**record, **parts}})
    turns = {"cpu_ms_low": 1.5, "cpu_ms_high": 2.2, "turns": [1.7, 2.0], "loops_ms": [60.0, 61.5]}
    cpu = {**record, "cpu": {**parts["cpu"], **turns}}
    alone = render({"inference_real": {**record, **parts}, "inference_cpu": cpu})
    assert "2.0 ms (61.5 ms)." in alone
    assert "1.85 ms of CPU outside the engine [1.5, 2.2] in 2 turns" in alone and alone.count("ms of CPU outside") == 1
    for said in ("0.980 of raw vLLM (0.960 to 1.000", "1.85 ms", "| sample | 0.700 | 0.750 | 0.93 |",
                 "ImportError: numba", "| 100 | 0.200 | 0.100 |"):  # fmt: skip
        assert said in page
    drafted = {"ratio": 0.7, "low": 0.6, "high": 0.8, "turns": 5, "same": 0.9, "same_alone": 0.95,
               "proposed": 100, "accepted": 40, "requests": 8}  # fmt: skip
    page = render({"inference_real": {**record, "ngram": drafted}})
    assert "0.700 of the rate" in page and "raw vLLM (" not in page


def test_the_picture_is_drawn_of_what_there_is(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    for name, found in (("some", records()), ("none", {})):
        plot(found, tmp_path / f"{name}.png")
        assert (tmp_path / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "some.png").stat().st_size > (tmp_path / "none.png").stat().st_size
