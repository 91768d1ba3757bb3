"""The table of the packs as a whole: backends, going on, what it says, and what is refused before any engine starts."""

import contextlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from benchmarks.packs import backends, engines, items, steps, table
from benchmarks.packs.__main__ import main, problems_for
from benchmarks.packs.measure import Measurement, Plan
from benchmarks.packs.parts import Parts, weights_hash
from benchmarks.packs.wordings import HERE, SHIPPED, STEPS, wordings_of
from dgrc.config import EngineConfig, Sampling
from dgrc.engines.base import Completion, Request, Sample, drawn_by
from dgrc.errors import EngineError
from dgrc.proving.natural.files import write_domain
from tests.benchmarks.packs.tools import (
    DATED,
    DOSE,
    PACK,
    PROBLEM,
    TRUTH,
    Asked,
    in_turn,
    scripted,
    shares,
)


def test_problems_fit_a_packs_domain_and_both_domains_take_turns(tmp_path: Path) -> None:
    general, medical = (w for w in wordings_of(["general", "medical"], [], tmp_path) if w.name == SHIPPED)
    assert [p.domain for p in problems_for(general, 3, 0, None)] == ["medicine", "law", "medicine"]
    assert {p.domain for p in problems_for(medical, 3, 0, None)} == {"medicine"}
    write_domain(tmp_path / "d", [PROBLEM, DATED], {})
    assert problems_for(medical, 1, 0, tmp_path / "d" / "truth.jsonl") == [PROBLEM]
    with pytest.raises(Exception, match="has 1 problems for the pack medical"):
        problems_for(medical, 2, 0, tmp_path / "d" / "truth.jsonl")


def test_requests_are_drawn_as_the_product_draws_them() -> None:
    bent = Sampling(
        temperature=1, min_p=0.1, repetition_penalty=1.2, presence_penalty=0.5, stop="end", logit_bias={5: 1}, seed=3
    )
    asked: list[Request] = []
    steps.sampled(_kept(asked), PACK, [PROBLEM], TRUTH, bent, 2)
    (request,) = asked
    assert request == drawn_by(bent, request.messages, n=2) and request.min_p == 0.1 and request.stop == ("end",)


def _kept(asked: list[Request]) -> steps.Ask:
    def ask(requests: Sequence[Request]) -> list[Completion]:
        asked.extend(requests)
        return [Completion((Sample("<answer>1</answer>", "stop", 3),) * each.n, 1, 0) for each in requests]

    return ask


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
    assert "| outlines | not there |" in said and said.count("|---") == 8 + 7
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
