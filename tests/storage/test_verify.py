"""A complete run that is damaged in all sorts of ways: each is found, named, and redone from there on."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from dgrc.cli import main
from dgrc.config import Config
from dgrc.errors import RunDirError
from dgrc.storage.manifest import write_manifest
from dgrc.storage.run_dir import RunDir
from dgrc.storage.verify import _curricula, damage, forget
from tests.pipeline.conftest import curate_here, scripted_config

pytestmark = pytest.mark.usefixtures("ray_here")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, curated_once: Path) -> tuple[Path, Config]:
    config = scripted_config(tmp_path_factory.mktemp("run"), curated_once / "q.jsonl")
    run = RunDir.of(config)
    shutil.copytree(curated_once / "t", run.root)
    write_manifest(run, reports={}, seconds={})
    return run.root, config


@pytest.fixture
def run(whole: tuple[Path, Config], tmp_path: Path) -> RunDir:
    shutil.copytree(whole[0], tmp_path / "copy")
    return RunDir(tmp_path / "copy")


def first(run: RunDir, name: str) -> Path:
    return min(run.dataset(name).glob("*.parquet"))


def cut_short(run: RunDir) -> None:
    path = first(run, "cases")
    path.write_bytes(path.read_bytes()[:-100])


def one_bit(run: RunDir) -> None:
    path = run.curriculum() / "atomic" / "train.jsonl"
    path.write_bytes(path.read_bytes().replace(b"case", b"cage", 1))


def gone(run: RunDir) -> None:
    first(run, "atoms").unlink()


def doubled(run: RunDir) -> None:
    """A row twice, with a manifest that knows the file: the rows themselves must tell."""
    path = first(run, "verdicts")
    table = pq.read_table(path)
    pq.write_table(table.take([0, *range(len(table))]), path)
    write_manifest(run, reports={}, seconds={})


def lost(run: RunDir) -> None:
    path = first(run, "cases")
    pq.write_table(pq.read_table(path).slice(1), path)
    write_manifest(run, reports={}, seconds={})


def nameless(run: RunDir) -> None:
    """Two rows whose ids are missing; others are too large for a float to tell apart."""
    path = first(run, "cases")
    table = pq.read_table(path)
    ids = pa.array([None, None, *table["id"].to_pylist()[2:]], pa.int64())
    pq.write_table(table.set_column(table.column_names.index("id"), "id", ids), path)
    write_manifest(run, reports={}, seconds={})


def of_another_type(run: RunDir) -> None:
    path = first(run, "cases")
    table = pq.read_table(path)
    ids = pa.array([f"q{row}" for row in range(len(table))])
    pq.write_table(table.set_column(table.column_names.index("id"), "id", ids), path)
    write_manifest(run, reports={}, seconds={})


def no_object(run: RunDir) -> None:
    path = run.curriculum() / "atomic" / "train.jsonl"
    path.write_text('"a text"\n' + path.read_text())
    write_manifest(run, reports={}, seconds={})


def test_line_separators_inside_texts_are_no_damage(tmp_path: Path) -> None:
    run = RunDir(tmp_path)
    folder = run.curriculum() / "atomic"
    folder.mkdir(parents=True)
    pq.write_table(pa.table({"text": ["one\u2028two\x85three"]}), folder / "train.parquet")
    (folder / "train.jsonl").write_text(json.dumps({"text": "one\u2028two\x85three"}, ensure_ascii=False) + "\n")
    assert not list(_curricula(run))


@pytest.mark.parametrize(
    ("spoil", "where", "what", "from_step"),
    [
        (cut_short, "round-1/cases/", "bytes", "gather"),
        (one_bit, "round-1/curriculum/atomic/train.jsonl", "content has changed", "assemble"),
        (gone, "round-1/atoms/", "missing", "screen"),
        (doubled, "round-1/verdicts", "more than once", "verify"),
        (lost, "round-1/cases", "1 ids are not those of the questions", "gather"),
        (nameless, "round-1/cases", "2 of its ids are missing", "gather"),
        (of_another_type, "round-1/cases", "cannot be read", "gather"),
        (no_object, "round-1/curriculum/atomic", "train.jsonl has a line that is no JSON object", "assemble"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_damage_is_found_and_the_run_taken_back_to_before_it(
    run: RunDir, spoil: Callable[[RunDir], None], where: str, what: str, from_step: str
) -> None:
    assert damage(run) == []
    spoil(run)
    found = damage(run)
    assert any(place.startswith(where) and any(word in said for word in what.split("|")) for place, said in found)
    forgotten = [name.removeprefix("round-1/") for name in forget(run, found)]
    assert from_step in forgotten and "assemble" in forgotten
    earlier = {"gather": "ingest", "screen": "answer", "verify": "screen", "assemble": "verify"}[from_step]
    assert earlier not in forgotten and (run.state(earlier) / "done.json").is_file()
    with pytest.raises(RunDirError, match="no manifest"):
        damage(run)


def test_what_was_taken_back_is_done_again_and_no_more(whole: tuple[Path, Config], tmp_path: Path) -> None:
    config = whole[1].model_copy(update={"runs_dir": str(tmp_path)})
    shutil.copytree(whole[0], tmp_path / config.name)
    run = RunDir.of(config)
    gone(run)
    forget(run, damage(run))
    _, _, said = curate_here(config)
    assert any(line.split()[0] == "answer" and "already done" in line for line in said)
    assert not any(line.split()[0] == "screen" and "already done" in line for line in said)
    write_manifest(run, reports={}, seconds={})
    assert damage(run) == []


def test_the_commands_say_it_and_exit_by_it(run: RunDir) -> None:
    good = CliRunner().invoke(main, ["verify-run", str(run.root)])
    assert good.exit_code == 0 and json.loads(good.stdout.splitlines()[-1])["damaged"] == []
    gone(run)
    bad = CliRunner().invoke(main, ["verify-run", str(run.root)])
    assert bad.exit_code == 1
    assert json.loads(bad.stdout.splitlines()[-1])["damaged"][0]["what"] == "it is missing"
    mended = CliRunner().invoke(main, ["repair", str(run.root), "--forget-only"])
    assert mended.exit_code == 0 and "round-1/screen" in mended.stderr
