"""The real Ray graph on scripted engines: every row once, right content, nothing done twice, labels unseen."""

import json
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from dgrc.config import MethodConfig
from dgrc.errors import RunDirError
from dgrc.pipeline.curate import ASSEMBLING, SCREENING
from dgrc.pipeline.passes import PASSES
from dgrc.storage.run_dir import RunDir
from dgrc.version import __version__
from tests.pipeline.conftest import CURATED, curate_here, scripted_config, write_questions

pytestmark = pytest.mark.usefixtures("ray_here")

QUESTIONS = CURATED


@pytest.fixture(scope="module")
def curated(curated_once: Path) -> RunDir:
    return RunDir(curated_once / "t")


def _rows(run: RunDir, name: str) -> list[dict]:
    return sorted(pq.ParquetDataset(run.dataset(name)).read().to_pylist(), key=lambda r: r["id"])


def test_every_question_leaves_every_pass_once(curated: RunDir) -> None:
    ids = [r["id"] for r in _rows(curated, "questions")]
    assert len(set(ids)) == QUESTIONS
    assert [r["id"] for r in _rows(curated, "cases")] == ids
    assert [r["id"] for r in _rows(curated, "verdicts")] == ids


def test_gather_finds_divergence_where_the_models_differ(curated: RunDir) -> None:
    for row in _rows(curated, "cases"):
        n = int(row["text"].split()[1])
        student_wrong, teacher_slips = n % 2 == 1, n % 3 == 0
        assert row["status"] == ("divergent" if student_wrong or teacher_slips else "agreeing"), row
        assert bool(row["diagnoses"]) == (row["status"] == "divergent")


def test_atoms_are_distinct_and_answered(curated: RunDir) -> None:
    atoms = _rows(curated, "atoms")
    divergent = [r["id"] for r in _rows(curated, "cases") if r["status"] == "divergent"]
    assert sorted(i for a in atoms for i in a["asked_by"]) == sorted(divergent)
    for atom in atoms:
        assert atom["kept"] and atom["agreement"] == 1.0
        assert atom["answer"] == str(int(atom["question"].split()[-2]) % 5)


def test_verify_rejects_exactly_the_chains_that_slip(curated: RunDir) -> None:
    for row in _rows(curated, "verdicts"):
        n = int(row["text"].split()[1])
        for verdict in row["verdicts"]:
            right = row["teacher"][verdict["chain"]]["answer"] == str(n % 5)
            assert verdict["consistent"] is right
            assert bool(verdict["contradicted_by"]) is not right


def test_curricula_load_as_chat_datasets(curated: RunDir) -> None:
    datasets = pytest.importorskip("datasets")
    parts = curated.curriculum() / "atomic" / "*.parquet"
    atomic = datasets.load_dataset("parquet", data_files=str(parts), split="train")
    cot = datasets.load_dataset("json", data_files=str(curated.curriculum() / "cot" / "train.jsonl"), split="train")
    assert {m["role"] for row in atomic for m in row["messages"]} == {"user", "assistant"}
    assert {row["source_id"][0] for row in (*atomic, *cot)} == {"q"}
    assert all(row["source_line"] for row in (*atomic, *cot))
    # All chains of the scripted teacher that pass have the same text, so each divergent question gives one.
    assert len(cot) == len(atomic) == sum(r["status"] == "divergent" for r in _rows(curated, "cases"))
    for row in cot:
        n = int(row["messages"][0]["content"].split()[1])
        assert row["messages"][1]["content"].endswith(f"<answer> {n % 5} </answer>")


def test_curricula_and_their_cards_say_where_they_come_from(curated: RunDir) -> None:
    """The id, file and line of the user's question: of a chain its own, of an atom all that asked it."""
    file = str(curated.root.parent / "q.jsonl")
    lines = {f"q{i}": i + 1 for i in range(QUESTIONS)}
    by_id = {row["id"]: row["source_id"] for row in _rows(curated, "questions")}
    atoms = {row["id"]: {by_id[asker] for asker in row["asked_by"]} for row in _rows(curated, "atoms")}
    for kind in ("atomic", "cot"):
        folder = curated.curriculum() / kind
        rows = [json.loads(line) for line in (folder / "train.jsonl").read_text().splitlines()]
        assert rows == pq.ParquetDataset(sorted(folder.glob("*.parquet"))).read().to_pylist()
        for row in rows:
            asked = atoms[row["source"]] if kind == "atomic" else {by_id[row["source"]]}
            assert {one["source_id"] for one in row["sources"]} == asked
            assert {one["source_line"] for one in row["sources"]} == {lines[name] for name in asked}
            assert row["source_id"] in asked and row["source_line"] == min(lines[name] for name in asked)
            assert {row["source_file"], *(one["source_file"] for one in row["sources"])} == {file}
        card = (folder / "README.md").read_text()
        for fact in (
            "recipe | dgrc", "run | t, round 1", "prompt pack | proving, version 1",
            "teacher | script tests.scripts:teacher", "student | script tests.scripts:student",
            "configuration | fingerprint ", f"dgrc | {__version__}, commit ",
        ):  # fmt: skip
            assert f"| {fact}" in card, fact


def test_usage_counts_every_call(curated: RunDir) -> None:
    report = json.loads((curated.state("gather") / "done.json").read_text())["report"]
    assert report["usage"]["teacher/sample"]["calls"] == QUESTIONS * 3
    assert report["usage"]["student/sample"]["calls"] == QUESTIONS * 3
    pairs = sum(len(r["diagnoses"]) for r in _rows(curated, "cases"))
    assert report["usage"]["teacher/diagnose"]["calls"] == pairs


def test_a_second_run_does_nothing(curated: RunDir) -> None:
    config = scripted_config(curated.root.parent, curated.root.parent / "q.jsonl")
    (curated.root.parent / "q.jsonl").touch()  # the same content at another time is the same questions
    before = {p: p.stat().st_mtime_ns for p in curated.root.rglob("*.parquet")}
    _, _, said = curate_here(config)
    assert all("already done" in line for line in said)
    assert {p: p.stat().st_mtime_ns for p in curated.root.rglob("*.parquet")} == before


def test_other_settings_are_refused_in_the_same_run(curated: RunDir) -> None:
    config = scripted_config(curated.root.parent, curated.root.parent / "q.jsonl", max_pairs=1)
    with pytest.raises(RunDirError, match=r"`method.max_pairs` was .*another `name`"):
        curate_here(config)


def test_labels_do_not_reach_curation(curated: RunDir, tmp_path: Path) -> None:
    """With labels permuted, and removed from every third question, curation gives the same bytes, but for the name of
    the file, which the curricula have."""
    file = curated.root.parent / "q.jsonl"
    other = write_questions(tmp_path / "q.jsonl", QUESTIONS, lambda i: str((i + 2) % 5) if i % 3 else None)
    assert file.read_bytes() != other.read_bytes()
    run, _, _ = curate_here(scripted_config(tmp_path, other, "others"))
    for name in ("cases", "atoms", "verdicts"):
        assert _rows(run, name) == _rows(curated, name)
    for kind in ("atomic", "cot"):
        theirs, ours = ((r.curriculum() / kind / "train.jsonl").read_text() for r in (run, curated))
        assert str(other) in theirs and theirs.replace(str(other), str(file)) == ours


def test_agreeing_questions_are_kept_if_facts_from_elsewhere_bear_them_out(curated: RunDir) -> None:
    """Only `verify` and what follows are done again: the rest is the same run, copied."""
    shutil.copytree(curated.root, curated.root.parent / "corpus")
    config = scripted_config(curated.root.parent, curated.root.parent / "q.jsonl", "corpus", agreeing="corpus")
    (curated.root.parent / "corpus" / "config.yaml").unlink()
    run, _, said = curate_here(config)
    assert [line.split()[0] for line in said if "already done" in line] == [
        "ingest", "gather", "collect", "answer", "screen", "index",
    ]
    assert _rows(run, "atoms") == _rows(curated, "atoms")
    spoken_to = 0
    for row in _rows(run, "verdicts"):
        if row["status"] != "agreeing":
            continue
        assert len(row["verdicts"]) == 3
        for verdict in row["verdicts"]:
            assert verdict["consistent"] is (True if verdict["facts"] else None)
            assert verdict["reason"] == (None if verdict["facts"] else "no fact speaks to it")
        spoken_to += any(verdict["facts"] for verdict in row["verdicts"])
    assert spoken_to, "some agreeing question shares its words with an atom of another"
    kept = [json.loads(line) for line in (run.curriculum() / "cot" / "train.jsonl").read_text().splitlines()]
    before = (curated.curriculum() / "cot" / "train.jsonl").read_text().splitlines()
    assert len(kept) == len(before) + spoken_to


def test_every_setting_of_the_method_redoes_a_pass() -> None:
    heeded = {name for p in PASSES for name in p.settings} | {*SCREENING, *ASSEMBLING}
    assert heeded == set(MethodConfig.model_fields)
