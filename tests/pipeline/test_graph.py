"""A pass on a broken engine stops with the engine's own error, in one paragraph, and can be gone on with.

What passes do when all is well is in test_curate.py, what they do when killed in test_resume.py.
"""

from pathlib import Path

import pytest

from dgrc.config import PipelineConfig
from dgrc.engines.base import Request
from dgrc.errors import EngineError
from tests import scripts
from tests.pipeline.conftest import curate_here, scripted_config, write_questions

pytestmark = pytest.mark.usefixtures("ray_here")


def broken_while_flagged(request: Request) -> list[str]:
    """The student, on an engine that breaks as long as `FLAG` is there."""
    if FLAG.exists():
        raise RuntimeError("engine broken")
    return scripts.student(request)


FLAG = Path("/tmp") / f"dgrc-test-{Path(__file__).stat().st_ino}-broken"  # engines run in other processes


def test_a_dead_engine_is_one_paragraph_and_the_pass_goes_on_once_it_is_mended(tmp_path: Path) -> None:
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
    _, reports, _ = curate_here(config)
    assert reports["gather"]["rows"] == reports["verify"]["rows"] == 9
