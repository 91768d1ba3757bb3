"""A pass on a broken engine stops with the engine's own error, in one paragraph, and can be gone on with; an engine
that refuses a request does not stop it.

What passes do when all is well is in test_curate.py, what they do when killed in test_resume.py.
"""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dgrc.config import PipelineConfig
from dgrc.engines.base import Request
from dgrc.errors import EngineError, PassError
from dgrc.pipeline.graph import _check_conserved
from dgrc.pipeline.passes import GATHER
from tests import scripts
from tests.pipeline.conftest import curate_here, scripted_config, write_questions

pytestmark = pytest.mark.usefixtures("ray_here")


def broken_while_flagged(request: Request) -> list[str]:
    """The student, on an engine that breaks as long as `FLAG` is there; mended, it refuses one question."""
    if FLAG.exists():
        raise RuntimeError("engine broken")
    return scripts.refusing(request)


FLAG = Path("/tmp") / f"dgrc-test-{Path(__file__).stat().st_ino}-broken"  # engines run in other processes


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ([3, 1], "read 3 rows and wrote 2 \\(2 distinct, 1 missing\\)"),
        ([3, 1, 2, 2], "read 3 rows and wrote 4 \\(3 distinct, 0 missing\\)"),
        ([3, 1, 4], "read 3 rows and wrote 3 \\(3 distinct, 1 missing\\)"),
    ],
)
def test_a_pass_that_lost_or_doubled_a_row_says_so(tmp_path: Path, written: list[int], said: str) -> None:
    _check_conserved(GATHER, _ids(tmp_path / "source", [1, 2, 3]), _ids(tmp_path / "whole", [3, 1, 2]))
    with pytest.raises(PassError, match=said):
        _check_conserved(GATHER, tmp_path / "source", _ids(tmp_path / "output", written))
    twice = _ids(tmp_path / "twice", [1, 1, 2])
    with pytest.raises(PassError, match="2 distinct"):
        _check_conserved(GATHER, twice, twice)


def _ids(folder: Path, ids: list[int]) -> Path:
    folder.mkdir()
    for number in range(2):
        part = pa.table({"id": pa.array(ids[number::2], pa.int64())})
        pq.write_table(part, folder / f"{number}.parquet")
    return folder


def test_blocks_have_their_rows_however_small_the_reads_are(tmp_path: Path) -> None:
    config = scripted_config(tmp_path, write_questions(tmp_path / "q.jsonl", 300))
    config = config.model_copy(update={"pipeline": PipelineConfig(workers=2, rows_per_block=128)})
    run, _, _ = curate_here(config)  # Ray reads a small file as at least twice as many blocks as there are CPUs
    for dataset in ("cases", "verdicts"):
        rows = sorted(pq.read_metadata(file).num_rows for file in run.dataset(dataset).glob("*.parquet"))
        assert rows in ([44, 128, 128], [128, 172]), dataset  # a rest smaller than a batch may go with another block


def test_a_dead_engine_is_one_paragraph_and_once_mended_the_pass_goes_on_and_a_refused_request_fails_alone(
    tmp_path: Path,
) -> None:
    config = scripted_config(tmp_path, write_questions(tmp_path / "q.jsonl", 9))
    student = config.student.model_copy(update={"script": f"{__name__}:broken_while_flagged"})
    pipeline = PipelineConfig(workers=1, rows_per_block=8, max_retries=0)
    config = config.model_copy(update={"student": student, "pipeline": pipeline})
    FLAG.touch()
    try:
        with pytest.raises(EngineError, match=r"^The student engine \(.*died under 3 requests in a row") as caught:
            curate_here(config)
    finally:
        FLAG.unlink()
    assert "\n" not in str(caught.value) and "Ray Data" not in str(caught.value)
    run, reports, _ = curate_here(config)
    assert reports["gather"]["rows"] == reports["verify"]["rows"] == 9
    failed = [r for r in pq.ParquetDataset(run.dataset("cases")).read().to_pylist() if r["status"] == "failed"]
    assert [r["text"] for r in failed] == ["case 7 . which court ?"]
    assert "not this one" in failed[0]["error"]
